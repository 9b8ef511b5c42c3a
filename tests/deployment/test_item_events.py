"""What happens to items is told as it happens: through nginx, and by the workers of gunicorn."""

import json
import subprocess

import httpx
from websockets.asyncio.client import connect
from websockets.sync.client import connect as connect_and_wait

from tests.deployment.conftest import Front
from tests.system.service import API, PASSWORD

EMAIL = "ann@example.com"


async def test_they_come_by_websocket(front: Front, signed_in: httpx.AsyncClient) -> None:
    headers = {"Authorization": signed_in.headers["Authorization"]}
    url = f"wss://localhost:{front.port}{API}/items/events"
    async with connect(url, ssl=front.trust, additional_headers=headers) as socket:
        made = await signed_in.post("/items", json={"title": "Lamp"})
        event = json.loads(await socket.recv())
    assert event["item"]["id"] == made.json()["id"]


async def test_they_come_as_a_stream_that_nobody_holds_back(
    signed_in: httpx.AsyncClient,
) -> None:
    async with signed_in.stream("GET", "/items/events", timeout=15) as events:
        await signed_in.post("/items", json={"title": "Lamp"})
        data = await anext(
            line.removeprefix("data:")
            async for line in events.aiter_lines()
            if line.startswith("data:")
        )
    assert json.loads(data)["type"] == "item.created"


def test_they_come_from_whichever_worker_of_gunicorn(
    gunicorn: "subprocess.Popen[bytes]", port: int
) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}{API}") as client:
        client.post("/users", json={"email": EMAIL, "password": PASSWORD})
        form = {"username": EMAIL, "password": PASSWORD}
        tokens = client.post("/auth/login", data=form).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        events = f"ws://127.0.0.1:{port}{API}/items/events"
        with connect_and_wait(events, additional_headers=bearer) as socket:
            made = client.post("/items", json={"title": "Lamp"}, headers=bearer).json()
            event = json.loads(socket.recv(timeout=10))
    assert event["item"]["id"] == made["id"]
