"""What a visitor does with items: one of them with a file, many by a file, and as they change."""

import json
import os

from websockets.asyncio.client import connect

from tests.soak.visitor import Visitor
from tests.system.service import API

ROWS = 500
FILE = os.urandom(512 * 1024)


async def works_on_items(visitor: Visitor) -> None:
    item_id = await _create(visitor)
    await _read(visitor, item_id)
    await _attach(visitor, item_id)
    await _import_and_export(visitor)
    await _follow(visitor)
    await visitor.ask("DELETE", f"/items/{item_id}", 204)
    await visitor.ask("GET", "/items/nothing", 400)


async def _create(visitor: Visitor) -> str:
    made = await visitor.ask("POST", "/items", 201, json={"title": "Lamp"})
    item_id: str = made.json()["id"]
    await visitor.ask("PATCH", f"/items/{item_id}", json={"description": "Brass"})
    return item_id


async def _read(visitor: Visitor, item_id: str) -> None:
    for _ in range(20):
        await visitor.ask("GET", f"/items/{item_id}")
    await visitor.ask("GET", "/items?q=lamp&sort=-updated_at&limit=50")


async def _attach(visitor: Visitor, item_id: str) -> None:
    made = await visitor.ask(
        "POST", f"/items/{item_id}/attachments", 201, files={"file": ("noise.bin", FILE)}
    )
    path = f"/items/{item_id}/attachments/{made.json()['id']}"
    assert (await visitor.ask("GET", path)).content == FILE
    await visitor.ask("DELETE", path, 204)


async def _import_and_export(visitor: Visitor) -> None:
    lines = "".join(json.dumps({"title": f"Lamp {row}"}) + "\n" for row in range(ROWS))
    await visitor.ask(
        "POST",
        "/items/import",
        201,
        content=lines.encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    await visitor.ask("GET", "/items/export?format=csv")


async def _follow(visitor: Visitor) -> None:
    url = f"{str(visitor.client.base_url).replace('http', 'ws', 1)}{API}/items/events"
    bearer = {"Authorization": visitor.client.headers["Authorization"]}
    async with connect(url, additional_headers=bearer) as socket:
        await _create(visitor)
        await socket.recv()
