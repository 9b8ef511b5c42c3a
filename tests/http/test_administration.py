"""Accounts of others."""

from collections.abc import Mapping

import pytest

from adapters.memory.tables import OF_MEMBERS
from domain.access import Permission
from domain.text import Json
from tests.http.callers import (
    OTHER_PASSWORD,
    PASSWORD,
    Caller,
    as_admin,
    as_holder_of,
    as_member,
    as_superuser,
    register,
    sign_in,
    sign_up,
)
from tests.http.client import Client

UNKNOWN = "/users/01a1fc6c-e556-7d25-bdb2-d616c91fecc6"


async def test_anothers_account_answers_like_an_unknown_one(client: Client) -> None:
    member, other = await as_member(client), await as_member(client)
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"full_name": "Eve"}),
        ("DELETE", "", None),
        ("POST", "/restore", None),
        ("PUT", "/roles", {"roles": []}),
    ):
        anothers = await member.request(method, f"{other.path}{path}", json=body)
        unknown = await member.request(method, f"{UNKNOWN}{path}", json=body)
        assert anothers.problem == (404, "user_not_found")
        assert anothers.alike == unknown.alike


async def test_whoever_sees_accounts_is_told_what_they_may_not(client: Client) -> None:
    reader, other = await as_holder_of(client, Permission.USERS_READ), await as_member(client)
    assert (await reader.get(other.path))["email"] == other.email
    assert (await reader.get(UNKNOWN)).problem == (404, "user_not_found")
    for method, path, body in (
        ("PATCH", "", {"full_name": "Eve"}),
        ("DELETE", "", None),
        ("POST", "/restore", None),
        ("PUT", "/roles", {"roles": []}),
    ):
        answer = await reader.request(method, f"{other.path}{path}", json=body)
        assert answer.problem == (403, "permission_denied")


@pytest.fixture
async def reader(client: Client) -> Caller:
    return await as_holder_of(client, Permission.USERS_READ)


async def test_accounts_are_listed_newest_first(client: Client, reader: Caller) -> None:
    members = [(await as_member(client)).user_id for _ in range(3)]
    answer = await reader.get("/users")
    assert answer.each("id") == [*members[::-1], reader.user_id]
    assert (answer["total"], answer["next_cursor"]) == (4, None)


@pytest.mark.parametrize("sort", ["email", "-email", "username", "created_at", "-updated_at"])
async def test_cursors_lead_through_all_accounts(client: Client, reader: Caller, sort: str) -> None:
    for email in ("b@example.com", "a@example.com", "B@example.org", "c@example.com"):
        await sign_up(client, email)
    whole = await reader.get("/users", params={"sort": sort})
    field = sort.removeprefix("-")
    fields = [str(each) for each in whole.each(field)]
    assert fields == sorted(fields, reverse=sort.startswith("-"))
    page = await reader.get("/users", params={"sort": sort, "limit": 2})
    ids = page.each("id")
    while page["next_cursor"] is not None:
        page = await reader.get("/users", params={"cursor": page.text("next_cursor"), "limit": 2})
        ids += page.each("id")
    assert ids == whole.each("id")


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"q": "ADA"}, ["ada@example.com", "grace@example.com"]),
        ({"q": "example.org"}, ["x_y%z@example.org"]),
        ({"q": "hopper"}, ["grace@example.com"]),
        ({"q": "x_y%"}, ["x_y%z@example.org"]),
        ({"q": "_"}, ["x_y%z@example.org"]),
        ({"q": "a%e"}, []),
        ({"q": "\\"}, []),
        ({"is_active": "false"}, ["x_y%z@example.org"]),
        ({"role": "admin"}, ["grace@example.com"]),
        ({"role": "unheard-of"}, []),
        ({"q": "example", "role": "member"}, ["ada@example.com", "x_y%z@example.org"]),
    ],
    ids=str,
)
async def test_filters_choose_accounts(
    client: Client, reader: Caller, params: Mapping[str, str], found: list[str]
) -> None:
    superuser = await as_superuser(client)
    await sign_up(client, "ada@example.com")
    await sign_up(superuser, "grace@example.com", full_name="Ada Hopper", roles=["admin"])
    await sign_up(superuser, "x_y%z@example.org", username="xyz", is_active=False)
    answer = await reader.get("/users", params={**params, "sort": "email"})
    names = [each for each in answer.each("email") if not str(each).startswith("ann-")]
    assert names == found


async def test_accounts_are_chosen_by_time(client: Client, reader: Caller) -> None:
    first, second = await sign_up(client, "a@example.com"), await sign_up(client, "b@example.com")
    since = {"created_from": second.text("created_at")}
    assert (await reader.get("/users", params=since)).each("id") == [second["id"]]
    before = {"created_to": second.text("created_at"), "created_from": first.text("created_at")}
    assert (await reader.get("/users", params=before)).each("id") == [first["id"]]


async def test_the_deactivated_are_refused_from_the_next_request_on(client: Client) -> None:
    admin, member = await as_admin(client), await as_member(client)
    assert (await member.get("/users/me")).status == 200
    changed = await admin.patch(member.path, json={"is_active": False})
    assert changed["is_active"] is False
    assert (await member.get("/users/me")).problem == (400, "inactive_user")
    refreshed = await client.post("/auth/refresh", json={"refresh_token": member.refresh_token})
    assert refreshed.problem == (401, "token_revoked")
    right = {"username": member.email, "password": PASSWORD}
    assert (await client.post("/auth/login", form=right)).problem == (400, "inactive_user")
    wrong = {"username": member.email, "password": OTHER_PASSWORD}
    assert (await client.post("/auth/login", form=wrong)).problem == (401, "invalid_credentials")


async def test_the_reactivated_sign_in_anew(client: Client) -> None:
    admin, member = await as_admin(client), await as_member(client)
    await admin.patch(member.path, json={"is_active": False})
    await admin.patch(member.path, json={"is_active": True})
    assert (await member.get("/users/me")).problem == (401, "token_revoked")
    await sign_in(client, member.email)


async def test_only_superusers_make_and_unmake_superusers(client: Client) -> None:
    admin, member, superuser = (
        await as_admin(client),
        await as_member(client),
        await as_superuser(client),
    )
    for path, to in ((member.path, True), (superuser.path, False), (admin.path, True)):
        answer = await admin.patch(path, json={"is_superuser": to})
        assert answer.problem == (403, "permission_denied")
    promoted = await superuser.patch(member.path, json={"is_superuser": True})
    assert promoted["permissions"] == sorted(Permission)
    assert (await member.get("/users")).status == 200
    await superuser.patch(member.path, json={"is_superuser": False})
    assert (await member.get("/users")).problem == (403, "permission_denied")


async def test_admins_do_not_touch_superusers(client: Client) -> None:
    admin, superuser = await as_admin(client), await as_superuser(client)
    for method, path, body in (
        ("PATCH", "", {"full_name": "Eve"}),
        ("PATCH", "", {"is_active": False}),
        ("DELETE", "", None),
        ("PUT", "/roles", {"roles": []}),
    ):
        answer = await admin.request(method, f"{superuser.path}{path}", json=body)
        assert answer.problem == (403, "permission_denied")


async def test_members_give_themselves_nothing(client: Client) -> None:
    member = await as_member(client)
    for body in ({"is_superuser": True}, {"is_active": True}):
        answer = await member.patch(member.path, json=body)
        assert answer.problem == (403, "permission_denied")
    answer = await member.put(f"{member.path}/roles", json={"roles": ["admin"]})
    assert answer.problem == (403, "permission_denied")


async def test_the_last_superuser_stays(client: Client) -> None:
    superuser = await as_superuser(client)
    await register(client, is_superuser=True, is_active=False)
    for method, path, body in (
        ("PATCH", superuser.path, {"is_superuser": False}),
        ("PATCH", superuser.path, {"is_active": False}),
        ("DELETE", superuser.path, None),
        ("DELETE", "/users/me", {"password": PASSWORD}),
    ):
        answer = await superuser.request(method, path, json=body)
        assert answer.problem == (409, "last_superuser")
    other = await as_superuser(client)
    assert (await superuser.patch(superuser.path, json={"is_superuser": False})).status == 200
    answer = await other.delete(other.path)
    assert answer.problem == (409, "last_superuser")


async def test_a_deleted_account_is_gone_until_it_is_restored(client: Client) -> None:
    admin, member = await as_admin(client), await as_member(client)
    assert (await admin.delete(member.path)).status == 204
    assert (await member.get("/users/me")).problem == (401, "not_authenticated")
    assert (await admin.get(member.path)).problem == (404, "user_not_found")
    assert member.user_id not in (await admin.get("/users")).each("id")
    assert (await admin.delete(member.path)).problem == (404, "user_not_found")
    restored = await admin.post(f"{member.path}/restore")
    assert (restored.status, restored["email"]) == (200, member.email)
    assert (await member.get("/users/me")).problem == (401, "token_revoked")
    await sign_in(client, member.email)
    again = await admin.post(f"{member.path}/restore")
    assert again["version"] == restored["version"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT"])
async def test_a_stale_copy_of_an_account_changes_nothing(client: Client, method: str) -> None:
    admin, member = await as_admin(client), await as_member(client)
    stale = {"If-Match": (await admin.get(member.path)).headers["etag"]}
    await member.patch("/users/me", json={"full_name": "Ada"})
    body: Mapping[str, Json] = {"PUT": {"roles": []}, "PATCH": {"username": "eve"}}
    path = f"{member.path}/roles" if method == "PUT" else member.path
    answer = await admin.request(method, path, json=body.get(method), headers=stale)
    assert answer.problem == (412, "version_mismatch")
    fresh = {"If-Match": (await admin.get(member.path)).headers["etag"]}
    answer = await admin.request(method, path, json=body.get(method), headers=fresh)
    assert answer.status in {200, 204}


async def test_roles_take_effect_on_the_next_request(client: Client) -> None:
    admin, member = await as_admin(client), await as_member(client)
    assert (await member.get("/users")).problem == (403, "permission_denied")
    changed = await admin.put(f"{member.path}/roles", json={"roles": ["member", "admin"]})
    assert changed["roles"] == ["admin", "member"]
    assert (await member.get("/users")).status == 200
    await admin.put(f"{member.path}/roles", json={"roles": []})
    assert (await member.get("/users")).problem == (403, "permission_denied")
    assert (await member.get("/users/me"))["permissions"] == []


async def test_nobody_gives_or_takes_what_they_do_not_hold(client: Client) -> None:
    assigner = await as_holder_of(client, Permission.ROLES_ASSIGN, *OF_MEMBERS)
    admin, member = await as_admin(client), await as_member(client)
    for path, roles in ((member.path, ["admin"]), (admin.path, []), (assigner.path, ["admin"])):
        answer = await assigner.put(f"{path}/roles", json={"roles": roles})
        assert answer.problem == (403, "permission_denied")
    assert (await assigner.put(f"{member.path}/roles", json={"roles": []}))["roles"] == []
    unknown = await assigner.put(f"{member.path}/roles", json={"roles": ["unheard-of"]})
    assert unknown.problem == (404, "role_not_found")
    assert (await assigner.put(f"{UNKNOWN}/roles", json={"roles": []})).problem == (
        404,
        "user_not_found",
    )
