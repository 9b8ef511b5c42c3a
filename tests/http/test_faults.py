"""The database gone, silent, or lost in the middle of a request."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import httpx
import pytest

from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.http.callers import PASSWORD, Caller, as_member
from tests.http.client import ROOT, Client
from tests.http.contract import Contract
from tests.relay import Relay, relayed

KEYS = "/auth/api-keys"
A_KEY = {"name": "Nightly import", "permissions": ["users:read"]}


@attrs.frozen
class Cut:
    """A service whose way to the database can be cut."""

    relay: Relay
    client: Client
    member: Caller


@pytest.fixture
async def cut(settings: Settings, database_url: str, contract: Contract) -> AsyncIterator[Cut]:
    impatient = settings.model_copy(update={"request_timeout": 0.4})
    async with relayed(database_url) as relay:
        app = create_app(impatient, relay.url)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
        ):
            client = Client(http=http, contract=contract, inside=app.state.inside)
            yield Cut(relay, client, await as_member(client))


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


async def test_without_a_database_every_route_that_needs_it_is_unavailable(cut: Cut) -> None:
    await cut.relay.cut()
    async with within(2):
        for answer in (
            await cut.member.get(KEYS),
            await cut.member.post(KEYS, json=A_KEY),
            await cut.member.get("/users/me"),
            await cut.client.post("/auth/refresh", json={"refresh_token": "x"}),
            await cut.client.post("/auth/login", form={"username": "ann", "password": PASSWORD}),
            await cut.client.post("/users", json={"email": "a@b.example", "password": PASSWORD}),
        ):
            assert answer.problem == (503, "unavailable")
            assert int(answer.headers["retry-after"]) >= 1
    assert (await cut.client.get(f"{ROOT}/health/live")).status == 200


async def test_without_a_database_it_is_not_ready(cut: Cut) -> None:
    await cut.relay.cut()
    async with within(2):
        ready = await cut.client.get(f"{ROOT}/health/ready")
    assert ready.status == 503
    assert ready["status"] == "unavailable"
    assert ready["checks"] == {
        "database": "The database does not answer.",
        "migrations": "unknown",
    }


async def test_it_is_well_again_by_itself_as_soon_as_the_database_is(cut: Cut) -> None:
    for _ in range(2):
        await cut.relay.cut()
        assert (await cut.member.get(KEYS)).status == 503
        await cut.relay.mend()
        assert (await cut.member.get(KEYS)).status == 200
        assert (await cut.member.post(KEYS, json=A_KEY)).status == 201
        assert (await cut.client.get(f"{ROOT}/health/ready")).status == 200


async def test_connections_that_broke_in_between_break_no_request(cut: Cut) -> None:
    cut.relay.hang_up()
    assert (await cut.member.get(KEYS)).status == 200
    cut.relay.hang_up()
    assert (await cut.member.post(KEYS, json=A_KEY)).status == 201


@pytest.mark.parametrize("verb", ["INSERT", "COMMIT"])
async def test_nothing_is_acknowledged_that_is_not_committed(cut: Cut, verb: str) -> None:
    cut.relay.breaks_at = verb
    answer = await cut.member.post(KEYS, json=A_KEY)
    assert answer.problem == (503, "unavailable")
    cut.relay.breaks_at = None
    assert (await cut.member.get(KEYS))["total"] == 0


async def test_a_silent_database_holds_no_request_past_its_time(cut: Cut) -> None:
    assert (await cut.member.get(KEYS)).status == 200
    cut.relay.freeze()
    async with within(2):
        answer = await cut.member.post(KEYS, json=A_KEY)
    assert answer.problem == (503, "unavailable")
    cut.relay.thaw()
    assert (await cut.member.get(KEYS)).status == 200
