"""How often each route asks PostgreSQL, counted on the way there."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from adapters.postgres.committed_events import CommittedEvents
from adapters.postgres.migrations import upgrade
from domain.access import Permission
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.emptying import MigratedDatabase, forget_callers, migrated
from tests.http.callers import as_member, as_superuser, with_api_key
from tests.http.client import ROOT, Client
from tests.http.contract import Contract
from tests.http.every_route import a_scene, good_request, operations_of
from tests.http.features import FEATURES
from tests.postgres_server import fresh_clone
from tests.relay import Relay, relayed

ABOUT_LISTS = {"create_items", "export_me", "import_items"}
WITH_A_WRONG_CHECKSUM = "tsk_0123456789ABCDEFGHIJKLMNOPQRSTUV1ggZdM"
EXPECTED = {name: asked for each in FEATURES for name, asked in each.statements.items()}


@pytest.fixture(scope="module")
async def own_database(postgres_url: str) -> AsyncIterator[MigratedDatabase]:
    with fresh_clone(postgres_url, upgrade) as url:
        async with migrated(url) as database:
            yield database


@pytest.fixture(scope="module")
async def relay(own_database: MigratedDatabase) -> AsyncIterator[Relay]:
    async with relayed(own_database.url) as relay:
        yield relay


@pytest.fixture(scope="module")
async def counted_app(settings: Settings, relay: Relay) -> AsyncIterator[FastAPI]:
    # That limit is told to the others by a statement a second, whoever asks for what; and on a busy
    # machine a second may pass between two requests.
    chosen = settings.model_copy(update={"rate_limit_general": "off", "item_cache_seconds": 60})
    app = create_app(chosen, relay.url)
    with pytest.MonkeyPatch.context() as patch:
        # Nor are other processes told of items, behind the answers and of many changes at once.
        patch.setattr(CommittedEvents, "keep_telling", never_tell)
        async with app.router.lifespan_context(app):
            yield app


async def never_tell(*_: object, every: float) -> None:
    await asyncio.Event().wait()


@pytest.fixture
async def counted(
    counted_app: FastAPI, own_database: MigratedDatabase, contract: Contract
) -> AsyncIterator[Client]:
    """Nobody, on a service whose every statement passes the relay."""
    await own_database.empty()
    forget_callers(counted_app.state.inside)
    transport = httpx.ASGITransport(counted_app)
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as http:
        yield Client(http=http, contract=contract, inside=counted_app.state.inside)


async def known(caller: Client, relay: Relay) -> None:
    """Wait until the caller is remembered: what the last test changed may still be on its way."""
    for _ in range(100):
        relay.statements.clear()
        assert (await caller.get("/permissions")).status == 200
        if not relay.statements:
            return
    pytest.fail("the caller is not remembered")


@pytest.mark.parametrize("name", EXPECTED)
async def test_a_route_asks_no_more_than_it_needs(
    counted: Client, relay: Relay, contract: Contract, name: str
) -> None:
    operation = operations_of(contract)[name]
    scene = await a_scene(counted, operation)
    caller = scene.owner
    if operation.access == "permission":
        caller = await as_superuser(counted)
    if name in ABOUT_LISTS:
        # Once for each connection the driver asks what a list of some type looks like.
        await good_request(operation, scene).by(caller, operation)
    await known(caller, relay)
    answer = await good_request(operation, scene).by(caller, operation)
    assert answer.status < 300
    assert relay.verbs == EXPECTED[name]


def test_every_route_has_a_budget(contract: Contract) -> None:
    assert set(EXPECTED) == set(operations_of(contract))


@pytest.mark.parametrize("path", ["/items", "/users/me", "/permissions", "/auth/sessions"])
async def test_a_caller_who_is_not_remembered_costs_one_query_once(
    counted: Client, relay: Relay, path: str
) -> None:
    member = await as_member(counted)
    await known(member, relay)
    await member.get(path)
    warm = len(relay.statements)
    forget_callers(counted.inside)
    relay.statements.clear()
    await member.get(path)
    assert len(relay.statements) == warm + 1
    relay.statements.clear()
    await member.get(path)
    assert len(relay.statements) == warm


async def test_a_program_costs_one_query_once_and_none_while_it_is_remembered(
    counted: Client, relay: Relay
) -> None:
    program = await with_api_key(await as_member(counted), Permission.ITEMS_READ)
    await known(program, relay)
    forget_callers(counted.inside)
    relay.statements.clear()
    assert (await program.get("/items")).status == 200
    assert relay.verbs == "SELECT SELECT"
    relay.statements.clear()
    assert (await program.get("/items")).status == 200
    assert relay.verbs == "SELECT"


async def test_the_first_use_of_a_key_is_noted_and_the_next_ones_are_not(
    counted: Client, relay: Relay
) -> None:
    program = await with_api_key(await as_member(counted), Permission.ITEMS_READ)
    relay.statements.clear()
    await program.get("/permissions")
    assert relay.verbs == "SELECT BEGIN UPDATE SELECT COMMIT"
    await known(program, relay)


async def test_a_page_costs_two_statements_and_its_successors_one(
    counted: Client, relay: Relay
) -> None:
    member = await as_member(counted)
    for _ in range(5):
        await member.post("/items", json={"title": "a"})
    await known(member, relay)
    first = await member.get("/items", params={"limit": 2})
    assert relay.verbs == "SELECT SELECT"
    relay.statements.clear()
    await member.get("/items", params={"cursor": first.text("next_cursor"), "limit": 2})
    assert relay.verbs == "SELECT"
    relay.statements.clear()
    await member.get("/items", params={"q": "a", "status": "draft", "sort": "title", "limit": 2})
    assert relay.verbs == "SELECT SELECT"


@pytest.mark.parametrize("path", ["/users/me", "/items", "/auth/sessions"])
async def test_whoever_is_not_signed_in_costs_nothing(
    counted: Client, relay: Relay, path: str
) -> None:
    relay.statements.clear()
    for token in (None, "junk", "a.b.c", "tsk_junk", WITH_A_WRONG_CHECKSUM):
        assert (await counted.bearing(token).get(path)).status == 401
    assert relay.statements == []


async def test_what_does_not_validate_costs_nothing(counted: Client, relay: Relay) -> None:
    member = await as_member(counted)
    await known(member, relay)
    assert (await member.post("/items", json={"title": ""})).status == 400
    assert (await member.get("/items", params={"limit": 0})).status == 400
    assert (await member.get("/items/junk")).status == 400
    assert relay.statements == []


async def test_a_refusal_costs_its_entry_until_there_are_enough(
    counted: Client, relay: Relay
) -> None:
    member = await as_member(counted)
    await known(member, relay)
    costs = set()
    for _ in range(20):
        relay.statements.clear()
        assert (await member.get("/users")).status == 403
        costs.add(relay.verbs)
    assert costs == {"BEGIN INSERT COMMIT", ""}


async def test_what_the_caller_has_already_costs_one(counted: Client, relay: Relay) -> None:
    member = await as_member(counted)
    item = await member.post("/items", json={"title": "a"})
    await known(member, relay)
    etag = {"If-None-Match": item.headers["etag"]}
    assert (await member.get(f"/items/{item['id']}", headers=etag)).status == 304
    assert relay.verbs == "SELECT"


async def test_an_item_that_is_asked_for_again_costs_nothing_until_it_changes(
    counted: Client, relay: Relay
) -> None:
    member, stranger = await as_member(counted), await as_member(counted)
    item = await member.post("/items", json={"title": "a"})
    path = f"/items/{item['id']}"
    for caller in (member, stranger):
        await known(caller, relay)
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
