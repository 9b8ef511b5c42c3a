"""How often each route asks PostgreSQL, counted on the way there."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from adapters.postgres.migrations import upgrade
from domain.access import Permission
from entrypoints.settings.schema import Settings
from tests.emptying import MigratedDatabase, forget_callers, migrated
from tests.http.callers import as_member, as_superuser, register, with_api_key
from tests.http.client import Client
from tests.http.contract import Contract
from tests.http.counting import client_of, counted_app, remembered
from tests.http.every_route import a_scene, feature_of, good_request, operations_of
from tests.http.features import FEATURES
from tests.postgres_server import fresh_clone
from tests.relay import Relay, relayed

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
async def app_over_relay(settings: Settings, relay: Relay) -> AsyncIterator[FastAPI]:
    async with counted_app(settings, relay) as app:
        yield app


@pytest.fixture
async def counted(
    app_over_relay: FastAPI, own_database: MigratedDatabase, contract: Contract
) -> AsyncIterator[Client]:
    """Nobody, on a service whose every statement passes the relay."""
    await own_database.empty()
    forget_callers(app_over_relay.state.inside)
    async with client_of(app_over_relay, contract) as client:
        yield client


@pytest.mark.parametrize("name", EXPECTED)
async def test_a_route_asks_no_more_than_it_needs(
    counted: Client, relay: Relay, contract: Contract, name: str
) -> None:
    operation = operations_of(contract)[name]
    scene = await a_scene(counted, operation)
    caller = scene.owner
    if operation.access == "permission":
        caller = await as_superuser(counted)
    if name in feature_of(operation).about_lists:
        await good_request(operation, scene).by(caller, operation)
    await remembered(caller, relay)
    answer = await good_request(operation, scene).by(caller, operation)
    assert answer.status < 300
    assert relay.verbs == EXPECTED[name]


def test_every_route_has_a_budget(contract: Contract) -> None:
    assert set(EXPECTED) == set(operations_of(contract))


@pytest.mark.parametrize("path", ["/auth/api-keys", "/users/me", "/permissions", "/auth/sessions"])
async def test_a_caller_who_is_not_remembered_costs_one_query_once(
    counted: Client, relay: Relay, path: str
) -> None:
    member = await as_member(counted)
    await remembered(member, relay)
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
    program = await with_api_key(await as_member(counted), Permission.USERS_READ)
    await remembered(program, relay)
    forget_callers(counted.inside)
    relay.statements.clear()
    assert (await program.get("/users/me")).status == 200
    assert relay.verbs == "SELECT SELECT"
    relay.statements.clear()
    assert (await program.get("/users/me")).status == 200
    assert relay.verbs == "SELECT"


async def test_the_first_use_of_a_key_is_noted_and_the_next_ones_are_not(
    counted: Client, relay: Relay
) -> None:
    program = await with_api_key(await as_member(counted), Permission.USERS_READ)
    relay.statements.clear()
    await program.get("/permissions")
    assert relay.verbs == "SELECT BEGIN UPDATE SELECT COMMIT"
    await remembered(program, relay)


async def test_a_page_costs_two_statements_and_its_successors_one(
    counted: Client, relay: Relay
) -> None:
    superuser = await as_superuser(counted)
    for _ in range(4):
        await register(counted)
    await remembered(superuser, relay)
    first = await superuser.get("/users", params={"limit": 2})
    assert relay.verbs == "SELECT SELECT"
    relay.statements.clear()
    await superuser.get("/users", params={"cursor": first.text("next_cursor"), "limit": 2})
    assert relay.verbs == "SELECT"
    relay.statements.clear()
    await superuser.get("/users?q=ann&is_active=true&sort=username&limit=2")
    assert relay.verbs == "SELECT SELECT"


@pytest.mark.parametrize("path", ["/users/me", "/users", "/auth/sessions"])
async def test_whoever_is_not_signed_in_costs_nothing(
    counted: Client, relay: Relay, path: str
) -> None:
    relay.statements.clear()
    for token in (None, "junk", "a.b.c", "tsk_junk", WITH_A_WRONG_CHECKSUM):
        assert (await counted.bearing(token).get(path)).status == 401
    assert relay.statements == []


async def test_what_does_not_validate_costs_nothing(counted: Client, relay: Relay) -> None:
    superuser = await as_superuser(counted)
    await remembered(superuser, relay)
    assert (await superuser.post("/roles", json={"name": ""})).status == 400
    assert (await superuser.get("/users", params={"limit": 0})).status == 400
    assert (await superuser.get("/users/junk")).status == 400
    assert relay.statements == []


async def test_a_refusal_costs_its_entry_until_there_are_enough(
    counted: Client, relay: Relay
) -> None:
    member = await as_member(counted)
    await remembered(member, relay)
    costs = set()
    for _ in range(20):
        relay.statements.clear()
        assert (await member.get("/users")).status == 403
        costs.add(relay.verbs)
    assert costs == {"BEGIN INSERT COMMIT", ""}


async def test_what_the_caller_has_already_costs_one(counted: Client, relay: Relay) -> None:
    superuser = await as_superuser(counted)
    role = await superuser.post("/roles", json={"name": "editor"})
    await remembered(superuser, relay)
    etag = {"If-None-Match": role.headers["etag"]}
    assert (await superuser.get("/roles/editor", headers=etag)).status == 304
    assert relay.verbs == "SELECT"
