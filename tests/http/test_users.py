"""Accounts over HTTP."""

from collections.abc import AsyncIterator, Mapping

import attrs
import httpx
import pytest

from adapters.memory.tables import OF_MEMBERS
from domain.access import ADMIN, MEMBER, Permission
from domain.text import Json
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
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
)
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import as_list, as_object

UNKNOWN = "/users/01a1fc6c-e556-7d25-bdb2-d616c91fecc6"


async def sign_up(client: Client, email: str = "ada@example.com", **fields: Json) -> Answer:
    return await client.post("/users", json={"email": email, "password": PASSWORD, **fields})


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


async def test_oneself_is_shown_with_what_the_roles_grant(client: Client) -> None:
    admin = await as_admin(client)
    me = await admin.get("/users/me")
    assert me["id"] == admin.user_id
    assert me["roles"] == [ADMIN]
    assert me["permissions"] == sorted(Permission)
    assert (await admin.get(admin.path)).body == me.body


async def test_oneself_is_not_sent_again_unless_changed(client: Client) -> None:
    member = await as_member(client)
    me = await member.get("/users/me")
    known = {"If-None-Match": me.headers["etag"]}
    assert (await member.get("/users/me", headers=known)).status == 304
    assert (await member.get(member.path, headers=known)).status == 304
    await member.patch("/users/me", json={"full_name": "Ada"})
    assert (await member.get("/users/me", headers=known)).status == 200


async def test_what_roles_grant_is_part_of_the_tag(client: Client) -> None:
    superuser = await as_superuser(client)
    editor = await as_holder_of(client, Permission.ITEMS_READ)
    me = await editor.get("/users/me")
    [role] = [str(each) for each in _list(me["roles"])]
    changed = await superuser.patch(f"/roles/{role}", json={"permissions": []})
    assert changed.status == 200
    again = await editor.get("/users/me", headers={"If-None-Match": me.headers["etag"]})
    assert (again.status, again["permissions"]) == (200, [])
    assert again["version"] == me["version"]


def _list(value: Json) -> list[Json]:
    assert isinstance(value, list)
    return value


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"full_name": "Ada"}, {"full_name": "Ada"}),
        ({"full_name": None}, {"full_name": None}),
        ({"username": "Countess"}, {"username": "countess"}),
        ({"username": "x_y", "full_name": "A"}, {"username": "x_y", "full_name": "A"}),
        ({}, {}),
    ],
    ids=str,
)
async def test_one_changes_ones_own_names(
    client: Client, changes: Mapping[str, Json], shown: dict[str, Json]
) -> None:
    member = await as_member(client)
    before = await member.get("/users/me")
    after = await member.patch("/users/me", json=changes)
    assert after.status == 200
    unchanged = set(dict(_object(before.body))) - shown.keys() - {"version", "updated_at"}
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert {name: after[name] for name in shown} == shown
    assert after["version"] == 2
    assert (await member.get(member.path)).body == after.body


def _object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    "changes",
    [
        {"is_superuser": True},
        {"is_active": False},
        {"roles": ["admin"]},
        {"email": "eve@example.com"},
        {"password": PASSWORD},
        {"version": 9},
    ],
    ids=str,
)
async def test_one_changes_nothing_else_of_oneself(
    client: Client, changes: Mapping[str, Json]
) -> None:
    member = await as_member(client)
    answer = await member.patch("/users/me", json=changes)
    [name] = changes
    assert answer.problem == (400, "validation_error")
    assert answer.faults == {(name, "extra_forbidden")}


async def test_a_stale_copy_of_oneself_changes_nothing(client: Client) -> None:
    member = await as_member(client)
    stale = {"If-Match": (await member.get("/users/me")).headers["etag"]}
    assert (await member.patch("/users/me", json={}, headers=stale)).status == 200
    answer = await member.patch("/users/me", json={"full_name": "Ada"}, headers=stale)
    assert answer.problem == (412, "version_mismatch")
    answer = await member.delete("/users/me", json={"password": PASSWORD}, headers=stale)
    assert answer.problem == (412, "version_mismatch")


async def test_anothers_username_is_taken(client: Client) -> None:
    member, other = await as_member(client), await as_member(client)
    answer = await member.patch("/users/me", json={"username": other.username})
    assert answer.problem == (409, "username_taken")


async def test_deleting_oneself_wants_the_password_and_ends_everything(client: Client) -> None:
    member = await as_member(client)
    elsewhere = await sign_in(client, member.email)
    wrong = await member.delete("/users/me", json={"password": OTHER_PASSWORD})
    assert wrong.problem == (403, "wrong_password")
    assert (await member.delete("/users/me", json={"password": PASSWORD})).status == 204
    for session in (member, elsewhere):
        assert (await session.get("/users/me")).problem == (401, "not_authenticated")
        refreshed = await client.post(
            "/auth/refresh", json={"refresh_token": session.refresh_token}
        )
        assert refreshed.status == 401


async def test_signing_in_takes_a_deletion_back(client: Client) -> None:
    member = await as_member(client)
    item = await member.post("/items", json={"title": "Lamp"})
    await member.delete("/users/me", json={"password": PASSWORD})
    wrong = {"username": member.email, "password": OTHER_PASSWORD}
    assert (await client.post("/auth/login", form=wrong)).problem == (401, "invalid_credentials")

    back = await sign_in(client, member.email)

    assert back.user_id == member.user_id
    assert (await back.get(f"/items/{item['id']}")).status == 200
    history = await back.get("/users/me/security-events")
    assert history.each("event")[:4] == [
        "signed_in",
        "deletion_cancelled",
        "sign_in_refused",
        "deletion_requested",
    ]


async def test_an_administrators_deletion_is_not_taken_back_by_signing_in(client: Client) -> None:
    root, member = await as_superuser(client), await as_member(client)
    await root.delete(member.path)
    form = {"username": member.email, "password": PASSWORD}

    assert (await client.post("/auth/login", form=form)).problem == (401, "invalid_credentials")

    await root.post(f"{member.path}/restore")
    assert (await client.post("/auth/login", form=form)).status == 200


async def test_takes_ones_data_along(client: Client) -> None:
    member, other = await as_member(client), await as_member(client)
    kept = await member.post("/items", json={"title": "Lamp", "attributes": {"a": [1, "é"]}})
    deleted = await member.post("/items", json={"title": "Gone"})
    await member.delete(f"/items/{deleted['id']}")
    await other.post("/items", json={"title": "Another's"})

    taken = await member.get("/users/me/export")

    assert taken.status == 200
    [account] = as_list(taken["account"])
    assert as_object(account)["email"] == member.email
    items = [as_object(each) for each in as_list(taken["items"])]
    assert [each["id"] for each in items] == [kept["id"], deleted["id"]]
    assert items[0]["attributes"] == {"a": [1, "é"]}
    assert items[1]["deleted_at"] is not None
    assert len(as_list(taken["sessions"])) == 1
    assert "Another's" not in taken.content.decode()


async def test_the_deleted_keep_their_names(client: Client) -> None:
    member = await as_member(client)
    await member.delete("/users/me", json={"password": PASSWORD})
    assert (await sign_up(client, member.email)).problem == (409, "email_taken")
    answer = await sign_up(client, "eve@example.com", username=member.username)
    assert answer.problem == (409, "username_taken")


async def test_changing_the_password_ends_the_other_sessions_only(client: Client) -> None:
    member = await as_member(client)
    elsewhere = await sign_in(client, member.email)
    changed = await member.post(
        "/users/me/password", json={"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    )
    assert changed.status == 204
    assert (await member.get("/users/me")).status == 200
    assert (await elsewhere.get("/users/me")).problem == (401, "token_revoked")
    await sign_in(client, member.email, OTHER_PASSWORD)
    old = await client.post("/auth/login", form={"username": member.email, "password": PASSWORD})
    assert old.problem == (401, "invalid_credentials")


async def test_changing_the_password_wants_the_current_and_a_good_new_one(client: Client) -> None:
    member = await as_member(client)
    for current, new, problem in (
        (OTHER_PASSWORD, "three yellow submarines", (403, "wrong_password")),
        (PASSWORD, "password1", (400, "validation_error")),
        (PASSWORD, member.email, (400, "validation_error")),
        (PASSWORD, "short", (400, "validation_error")),
    ):
        answer = await member.post(
            "/users/me/password", json={"current_password": current, "new_password": new}
        )
        assert answer.problem == problem
    await sign_in(client, member.email, PASSWORD)


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
    assert (await member.post("/items", json={"title": "a"})).problem == (403, "permission_denied")


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
