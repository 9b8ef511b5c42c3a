"""What happens to items, told over real connections."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from domain.access import Permission
from domain.text import Json
from entrypoints.settings.schema import Settings
from tests.http.callers import as_holder_of, as_member
from tests.http.contract import Contract
from tests.http.serving import PATIENCE, Event, Serving, heard_by, serving

EVENTS = "/api/v1/items/events"


@pytest.fixture
async def here(app: FastAPI, settings: Settings, contract: Contract) -> AsyncIterator[Serving]:
    async with serving(app, settings, contract) as serving_:
        yield serving_


def told(event: Event) -> tuple[Json, Json]:
    item = event["item"]
    assert isinstance(item, dict)
    return event["type"], item["title"]


async def test_an_owner_hears_of_everything_that_happens_to_an_item(here: Serving) -> None:
    ann = await as_member(here.client)
    async with (
        here.socket(ann.token, path=EVENTS) as socket,
        here.stream(ann.token or "", path=EVENTS) as stream,
    ):
        item = await ann.post("/items", json={"title": "Lamp"})
        path = f"/items/{item['id']}"
        await ann.patch(path, json={"title": "Lantern"})
        await ann.delete(path)
        await ann.post(f"{path}/restore")
        heard = [await heard_by(socket) for _ in range(4)]
        async with asyncio.timeout(PATIENCE):
            streamed = [await anext(stream) for _ in range(4)]

    assert [told(event) for event in heard] == [
        ("item.created", "Lamp"),
        ("item.updated", "Lantern"),
        ("item.deleted", "Lantern"),
        ("item.restored", "Lantern"),
    ]
    assert streamed == heard
    assert heard[0]["item"] == item.body
    assert len({str(event["id"]) for event in heard}) == 4


async def test_the_permission_to_read_lets_hear_of_everyones_items(here: Serving) -> None:
    ann, bob = await as_member(here.client), await as_member(here.client)
    reader = await as_holder_of(here.client, Permission.ITEMS_READ)
    async with (
        here.socket(bob.token, path=EVENTS) as bobs,
        here.socket(reader.token, path=EVENTS) as readers,
    ):
        await ann.post("/items", json={"title": "Ann's"})
        await bob.post("/items", json={"title": "Bob's"})
        assert [told(await heard_by(readers))[1] for _ in range(2)] == ["Ann's", "Bob's"]
        assert told(await heard_by(bobs))[1] == "Bob's"
