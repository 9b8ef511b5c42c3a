"""Where an address must be verified, the unverified reach nothing but their own account."""

from collections.abc import AsyncIterator

import attrs
import httpx
import pytest
from fastapi import FastAPI

from domain.one_time_tokens import TokenPurpose
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.emptying import MigratedDatabase
from tests.http.callers import Caller, as_superuser
from tests.http.client import ROOT, Client
from tests.http.contract import Contract
from tests.http.every_route import GOOD_REQUESTS, a_scene, good_request, operations_of
from tests.http.mailed import mailed_token

REFUSED = (403, "email_not_verified")
UNKNOWN = "01a1fc6c-e556-7d25-bdb2-d616c91fecc6"


@pytest.fixture(scope="module")
async def strict_app(
    settings: Settings, worker_database: MigratedDatabase
) -> AsyncIterator[FastAPI]:
    strict = settings.model_copy(update={"require_verified_email": True})
    app = create_app(strict, worker_database.url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def strict_http(strict_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(strict_app)
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as http:
        yield http


def is_about_oneself(path: str) -> bool:
    return path.startswith(("/auth/", "/users/me"))


@pytest.mark.parametrize("name", GOOD_REQUESTS)
async def test_whatever_they_might_do_they_reach_their_own_account_alone(
    client: Client, contract: Contract, strict_http: httpx.AsyncClient, name: str
) -> None:
    operation = operations_of(contract)[name]
    scene = await a_scene(client)
    superuser = attrs.evolve(await as_superuser(client), http=strict_http)
    good = good_request(operation, scene)

    answer = await good.by(superuser, operation)

    is_free = operation.access == "public" or is_about_oneself(good.path)
    # A key grants what its maker may do, and that is nothing yet.
    grants_rights = name == "create_api_key"
    assert (answer.problem != REFUSED) == (is_free and not grants_rights)


async def test_their_own_account_by_its_id_is_their_own(
    client: Client, strict_http: httpx.AsyncClient
) -> None:
    scene = await a_scene(client)
    unverified = attrs.evolve(scene.owner, http=strict_http)

    assert (await unverified.get(unverified.path)).status == 200


async def test_their_own_items_answer_like_unknown_ones(
    client: Client, strict_http: httpx.AsyncClient
) -> None:
    scene = await a_scene(client)
    unverified = attrs.evolve(scene.owner, http=strict_http)

    for item_id in (scene.known["item_id"], UNKNOWN):
        assert (await unverified.get(f"/items/{item_id}")).problem == REFUSED


async def verify_by_link(caller: Caller) -> None:
    token = await mailed_token(caller, TokenPurpose.VERIFY_EMAIL)
    assert (await caller.post("/auth/verify-email", json={"token": token})).status == 204


async def test_once_verified_they_go_on_with_the_same_token(
    client: Client, strict_app: FastAPI, strict_http: httpx.AsyncClient
) -> None:
    scene = await a_scene(client)
    unverified = attrs.evolve(scene.owner, http=strict_http, inside=strict_app.state.inside)
    assert (await unverified.get("/items")).problem == REFUSED

    await verify_by_link(unverified)

    assert (await unverified.get("/items")).status == 200
