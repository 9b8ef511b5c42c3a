"""Signing up."""

from collections.abc import AsyncIterator

import attrs
import httpx
import pytest

from adapters.memory.tables import OF_MEMBERS
from domain.access import ADMIN, MEMBER, Permission
from domain.text import Json
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.http.callers import (
    PASSWORD,
    as_holder_of,
    as_member,
    as_superuser,
    sign_in,
    sign_up,
)
from tests.http.client import ROOT, Client


@pytest.fixture
async def closed(client: Client, settings: Settings, database_url: str) -> AsyncIterator[Client]:
    """The same service where strangers can't sign up."""
    app = create_app(settings.model_copy(update={"registration_open": False}), database_url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
    ):
        yield attrs.evolve(client, http=http, inside=app.state.inside)


async def test_anyone_signs_up_and_then_in(client: Client) -> None:
    user = await sign_up(client, "Ada.Lovelace@Example.com", full_name="  Ada Lovelace ")
    assert user.status == 201
    assert user["email"] == "Ada.Lovelace@example.com"
    assert user["username"] == "ada.lovelace"
    assert user["full_name"] == "Ada Lovelace"
    assert user["roles"] == [MEMBER]
    assert user["permissions"] == sorted(OF_MEMBERS)
    assert user["is_active"] is True
    assert user["is_superuser"] is user["email_verified"] is False
    assert user["last_login_at"] is None
    assert user.headers["location"] == f"/api/v1/users/{user['id']}"
    ada = await sign_in(client, "ada.lovelace")
    read = await ada.get(f"{ROOT}{user.headers['location']}")
    assert read["last_login_at"] is not None
    assert read["version"] == user["version"] == 1


async def test_a_username_can_be_chosen(client: Client) -> None:
    assert (await sign_up(client, username="The.Countess"))["username"] == "the.countess"
    assert (await sign_in(client, "THE.countess")).email == "ada@example.com"


async def test_a_username_that_looks_like_an_id_signs_in(client: Client) -> None:
    other = await as_member(client)
    await sign_up(client, username=other.user_id)
    assert (await sign_in(client, other.user_id)).email == "ada@example.com"


@pytest.mark.parametrize("email", ["ann", "ann@example.test", "ann@example.123", "ann@xn--x.com"])
async def test_no_email_is_called_so_whoever_finds_out(client: Client, email: str) -> None:
    answer = await client.post("/users", json={"email": email, "password": PASSWORD})
    assert answer.faults == {("email", "invalid_email")}


@pytest.mark.parametrize(
    "email",
    ["ada@example.com", "ADA@EXAMPLE.COM", "\uff41da@example.com", "ada@\uff45xample.com"],
)
async def test_an_email_has_one_account_however_it_is_written(client: Client, email: str) -> None:
    await sign_up(client)
    assert (await sign_up(client, email)).problem == (409, "email_taken")


async def test_a_taken_username_is_refused_where_it_was_chosen(client: Client) -> None:
    await sign_up(client, username="ada")
    answer = await sign_up(client, "other@example.com", username="Ada")
    assert answer.problem == (409, "username_taken")


async def test_a_taken_username_is_varied_where_it_was_not_chosen(client: Client) -> None:
    first = await sign_up(client, "ada@example.com")
    second = await sign_up(client, "ada@example.org")
    assert first["username"] == "ada"
    assert second.text("username").startswith("ada-")
    assert (await sign_in(client, second.text("username"))).email == "ada@example.org"


@pytest.mark.parametrize(
    "password", ["password", "aaaaaaaaaaaa", "qwertyuiop", "ada@example.com", "tessera2026"]
)
async def test_a_weak_password_is_refused_with_the_reason(client: Client, password: str) -> None:
    answer = await sign_up(client, password=password)
    assert answer.problem == (400, "validation_error")
    assert answer.faults == {("password", "weak_password")}


@pytest.mark.parametrize(
    "password",
    [
        "seventeen purple umbrellas " + "\u00fc" * 60,
        PASSWORD * 4,
        "\u65e5\u672c\u8a9e\u306e\u9577\u3044\u79d8\u5bc6\u306e\u8a00\u8449",
    ],
)
async def test_every_character_of_a_password_counts(client: Client, password: str) -> None:
    assert (await sign_up(client, password=password)).status == 201
    await sign_in(client, "ada", password)
    for wrong in (password[:-1], password + "x", password[1:]):
        answer = await client.post("/auth/login", form={"username": "ada", "password": wrong})
        assert answer.problem == (401, "invalid_credentials")


async def test_a_password_is_the_same_however_its_accents_are_typed(client: Client) -> None:
    await sign_up(client, password="zu\u0308rich kafi schale")
    await sign_in(client, "ada", "z\u00fcrich kafi schale")


@pytest.mark.parametrize(
    "rights", [{"is_active": True}, {"is_superuser": False}, {"roles": ["member"]}, {"roles": []}]
)
async def test_strangers_and_members_set_no_rights(client: Client, rights: dict[str, Json]) -> None:
    assert (await sign_up(client, "eve@example.com", **rights)).problem == (
        403,
        "permission_denied",
    )
    member = await as_member(client)
    assert (await sign_up(member, "eve@example.com", **rights)).problem == (
        403,
        "permission_denied",
    )


async def test_the_permission_to_create_accounts_sets_rights_within_its_own(
    client: Client,
) -> None:
    creator = await as_holder_of(client, Permission.USERS_CREATE, *OF_MEMBERS)
    user = await sign_up(creator, is_active=False, roles=[MEMBER])
    assert (user.status, user["is_active"], user["roles"]) == (201, False, [MEMBER])
    for rights in ({"roles": [ADMIN]}, {"is_superuser": True}):
        answer = await sign_up(creator, "eve@example.com", **rights)
        assert answer.problem == (403, "permission_denied")
    answer = await sign_up(creator, "eve@example.com", roles=["unheard-of"])
    assert answer.problem == (404, "role_not_found")
    assert (await sign_up(creator, "eve@example.com", roles=[]))["permissions"] == []


async def test_superusers_make_superusers(client: Client) -> None:
    superuser = await as_superuser(client)
    user = await sign_up(superuser, is_superuser=True, roles=[])
    assert user["is_superuser"] is True
    assert user["permissions"] == sorted(Permission)


async def test_where_sign_up_is_closed_it_needs_the_permission(closed: Client) -> None:
    assert (await sign_up(closed)).problem == (401, "not_authenticated")
    member = await as_member(closed)
    assert (await sign_up(member)).problem == (403, "permission_denied")
    creator = await as_holder_of(closed, Permission.USERS_CREATE)
    assert (await sign_up(creator)).status == 201
