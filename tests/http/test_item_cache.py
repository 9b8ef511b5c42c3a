"""An item that was read lately is shown without being read again."""

from collections.abc import AsyncIterator

import httpx
import pytest

from entrypoints.settings.schema import Settings
from tests.http.callers import as_member
from tests.http.client import Client
from tests.http.contract import Contract
from tests.http.counting import client_of, counted_app, remembered
from tests.http.own_items import made, path_of
from tests.relay import Relay, relayed


@pytest.fixture
async def relay(database_url: str) -> AsyncIterator[Relay]:
    async with relayed(database_url) as relay:
        yield relay


@pytest.fixture
async def counted(settings: Settings, relay: Relay, contract: Contract) -> AsyncIterator[Client]:
    patient = settings.model_copy(update={"item_cache_seconds": 60})
    async with counted_app(patient, relay) as app, client_of(app, contract) as client:
        yield client


async def test_an_item_that_is_asked_for_again_costs_nothing_until_it_changes(
    counted: Client, relay: Relay
) -> None:
    member, stranger = await as_member(counted), await as_member(counted)
    path = path_of(await made(member, title="a"))
    for caller in (member, stranger):
        await remembered(caller, relay)
    for expected in ("SELECT", "SELECT", ""):
        relay.statements.clear()
        assert (await member.get(path))["title"] == "a"
        assert relay.verbs == expected
    # Whose it is decides for everyone who asks, also where nothing need be read.
    assert (await stranger.get(path)).status == 404
    assert relay.verbs == ""
    await member.patch(path, json={"title": "b"})
    relay.statements.clear()
    assert [(await member.get(path))["title"] for _ in range(3)] == ["b"] * 3
    assert relay.verbs == "SELECT"


async def test_what_is_had_without_reading_it_is_told(counted: Client) -> None:
    member = await as_member(counted)
    path = path_of(await made(member))
    before = await figures(counted.http)
    for _ in range(4):
        await member.get(path)
    after = await figures(counted.http)

    hits, misses = (
        after[name] - before[name]
        for name in (
            'tessera_cache_hits_total{cache="items"}',
            'tessera_cache_misses_total{cache="items"}',
        )
    )
    assert hits + misses == 4
    assert hits >= 1


async def figures(http: httpx.AsyncClient) -> dict[str, float]:
    answer = await http.get("/metrics")
    assert answer.status_code == 200, answer.text
    lines = (line.rsplit(" ", 1) for line in answer.text.splitlines() if line[0] != "#")
    return {name: float(value) for name, value in lines}
