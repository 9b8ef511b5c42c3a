"""Where an address must be verified, the unverified reach nothing but their own account."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from fastapi import FastAPI

from domain.access import Permission
from domain.one_time_tokens import TokenPurpose
from entrypoints.settings.schema import Settings
from tests.http.callers import Caller, as_member, as_superuser
from tests.http.client import Client
from tests.http.contract import Contract
from tests.http.every_route import GOOD_REQUESTS, a_scene, good_request, operations_of
from tests.http.mailed import mailed_token
from tests.http.wired import wired

REFUSED = (403, "email_not_verified")


@pytest.fixture
def only_verified(app: FastAPI, settings: Settings) -> Callable[[], AbstractContextManager[None]]:
    """From then on: before, nobody's address has to be."""
    strict = settings.model_copy(update={"require_verified_email": True})
    return lambda: wired(app, app.state.inside.ports, strict)


def is_about_oneself(path: str) -> bool:
    return path.startswith(("/auth/", "/users/me"))


@pytest.mark.parametrize("name", GOOD_REQUESTS)
async def test_whatever_they_might_do_they_reach_their_own_account_alone(
    client: Client,
    contract: Contract,
    only_verified: Callable[[], AbstractContextManager[None]],
    name: str,
) -> None:
    operation = operations_of(contract)[name]
    scene = await a_scene(client, operation)
    superuser = await as_superuser(client)
    good = good_request(operation, scene)

    with only_verified():
        answer = await good.by(superuser, operation)

    is_free = operation.access == "public" or is_about_oneself(good.path)
    assert (answer.problem != REFUSED) == is_free


async def test_a_key_of_theirs_grants_no_more_than_they_may_do_yet(
    client: Client, only_verified: Callable[[], AbstractContextManager[None]]
) -> None:
    superuser = await as_superuser(client)
    key = {"name": "Nightly import", "permissions": [Permission.ROLES_READ]}

    with only_verified():
        assert (await superuser.post("/auth/api-keys", json=key)).problem == REFUSED


async def test_their_own_account_by_its_id_is_their_own(
    client: Client, only_verified: Callable[[], AbstractContextManager[None]]
) -> None:
    member = await as_member(client)

    with only_verified():
        assert (await member.get(member.path)).status == 200


async def verify_by_link(caller: Caller) -> None:
    token = await mailed_token(caller, TokenPurpose.VERIFY_EMAIL)
    assert (await caller.post("/auth/verify-email", json={"token": token})).status == 204


async def test_once_verified_they_go_on_with_the_same_token(
    client: Client, only_verified: Callable[[], AbstractContextManager[None]]
) -> None:
    member = await as_member(client)
    with only_verified():
        assert (await member.get("/permissions")).problem == REFUSED

        await verify_by_link(member)

        assert (await member.get("/permissions")).status == 200
