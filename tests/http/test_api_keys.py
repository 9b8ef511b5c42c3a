"""Personal API keys over HTTP."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from domain.access import ADMIN, EVERY_PERMISSION, Permission
from domain.text import Json
from tests.http.callers import (
    PASSWORD,
    Caller,
    as_admin,
    as_holder_of,
    as_member,
    as_superuser,
    sign_in,
    with_api_key,
)
from tests.http.client import Answer, Client

NIGHTLY: Mapping[str, Json] = {"name": "Nightly import", "permissions": ["users:read"]}
EDITOR: Mapping[str, Json] = {"name": "editor"}


@pytest.fixture
async def member(client: Client) -> Caller:
    return await as_member(client)


async def made(owner: Caller, **fields: Json) -> Answer:
    key = await owner.post("/auth/api-keys", json={**NIGHTLY, **fields})
    assert key.status == 201
    return key


async def test_a_key_is_shown_once(member: Caller) -> None:
    key = await made(member)
    assert key.headers["location"] == f"/api/v1/auth/api-keys/{key['id']}"
    assert key.headers["cache-control"] == "no-store"
    assert key.text("key").startswith(key.text("prefix"))
    assert {name: key[name] for name in NIGHTLY} == NIGHTLY
    assert (key["expires_at"], key["last_used_at"]) == (None, None)

    [listed] = (await member.get("/auth/api-keys")).items
    assert isinstance(key.body, dict)
    assert {**listed, "key": key["key"]} == key.body
    assert key.text("key") not in (await member.get("/users/me/security-events")).content.decode()


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_a_key_is_sent_in_either_header(client: Client, member: Caller, header: str) -> None:
    key = (await made(member)).text("key")
    sent = {header: f"Bearer {key}" if header == "Authorization" else key}
    for path in ("/users/me", member.path):
        assert (await client.get(path, headers=sent))["id"] == member.user_id


async def test_only_a_key_is_taken_for_one(client: Client, member: Caller) -> None:
    key = (await made(member)).text("key")
    for junk in (str(member.token), f"Bearer {key}", key[:-1], f"{key}=", "", "tsk_"):
        answer = await client.get("/users/me", headers={"X-API-Key": junk})
        assert answer.problem == (401, "not_authenticated")
    for scheme in ("Basic", "ApiKey", "tsk_"):
        answer = await client.get("/users/me", headers={"Authorization": f"{scheme} {key}"})
        assert answer.problem == (401, "not_authenticated")


async def test_what_authorization_says_is_not_made_up_for_by_the_other_header(
    client: Client, member: Caller
) -> None:
    both = {"Authorization": "Bearer junk", "X-API-Key": (await made(member)).text("key")}
    assert (await client.get("/users/me", headers=both)).problem == (401, "not_authenticated")
    assert (await client.get("/users", headers=both)).status == 401


async def test_a_wrong_key_is_refused_where_strangers_are_welcome(client: Client) -> None:
    body = {"email": "new@example.com", "password": PASSWORD}
    for headers in ({"X-API-Key": "tsk_junk"}, {"Authorization": "Bearer tsk_junk"}):
        answer = await client.post("/users", json=body, headers=headers)
        assert answer.problem == (401, "not_authenticated")


async def test_a_program_does_what_it_is_scoped_to_and_no_more(client: Client) -> None:
    root = await as_superuser(client)
    creates = await with_api_key(root, Permission.ROLES_CREATE)
    assert (await creates.post("/roles", json=EDITOR)).status == 201
    for path in ("/roles", "/roles/editor"):
        assert (await creates.get(path)).problem == (403, "permission_denied")
    reads = await with_api_key(root, Permission.ROLES_READ)
    assert (await reads.get("/roles/editor"))["name"] == "editor"
    assert (await reads.post("/roles", json=EDITOR)).problem == (403, "permission_denied")
    updates = await with_api_key(root, Permission.ROLES_UPDATE)
    deletes = await with_api_key(root, Permission.ROLES_DELETE)
    change = {"description": "Edits"}
    for program in (creates, reads, deletes):
        answer = await program.patch("/roles/editor", json=change)
        assert answer.problem == (403, "permission_denied")
    assert (await updates.patch("/roles/editor", json=change)).status == 200
    for program in (creates, reads, updates):
        assert (await program.delete("/roles/editor")).problem == (403, "permission_denied")
    assert (await deletes.delete("/roles/editor")).status == 204


async def test_reading_ones_own_is_not_reading_everyones(client: Client, member: Caller) -> None:
    another = await as_member(client)
    program = await with_api_key(member, Permission.USERS_READ)
    assert (await program.get(member.path))["id"] == member.user_id
    assert (await program.get(another.path)).problem == (404, "user_not_found")
    assert (await program.get("/users")).problem == (403, "permission_denied")


async def test_nobody_lets_a_program_do_what_they_may_not(member: Caller) -> None:
    for permission in ("users:create", "roles:assign", "audit:read", "sessions:revoke"):
        answer = await member.post(
            "/auth/api-keys", json={"name": "x", "permissions": ["users:read", permission]}
        )
        assert answer.problem == (403, "permission_denied")
    assert (await member.get("/auth/api-keys"))["total"] == 0


async def test_the_key_of_a_superuser_is_no_superuser(client: Client) -> None:
    root = await as_superuser(client)
    program = await with_api_key(root, Permission.USERS_UPDATE, Permission.USERS_CREATE)
    member = await as_member(client)
    answer = await program.patch(member.path, json={"is_superuser": True})
    assert answer.problem == (403, "permission_denied")
    body = {"email": "x@example.com", "password": PASSWORD, "is_superuser": True}
    assert (await program.post("/users", json=body)).problem == (403, "permission_denied")
    body = {"email": "x@example.com", "password": PASSWORD, "roles": [ADMIN]}
    assert (await program.post("/users", json=body)).problem == (403, "permission_denied")
    assert (await program.get("/users")).problem == (403, "permission_denied")


async def test_a_program_leaves_its_owners_account_alone(client: Client) -> None:
    """Whatever it may do with everyone else's."""
    root = await as_superuser(client)
    await as_superuser(client)
    program = await with_api_key(root, *Permission)
    attempts: list[tuple[str, str, Json]] = [
        ("PATCH", root.path, {"full_name": "Eve"}),
        ("PATCH", root.path, {"is_active": False}),
        ("PUT", f"{root.path}/roles", {"roles": []}),
        ("DELETE", root.path, None),
        ("POST", f"{root.path}/restore", None),
        ("PATCH", "/users/me", {"full_name": "Eve"}),
        ("DELETE", "/users/me", {"password": PASSWORD}),
    ]
    for method, path, body in attempts:
        answer = await program.request(method, path, json=body)
        assert answer.problem == (403, "permission_denied"), path
    assert (await root.get("/users/me"))["full_name"] == "Ann Example"


async def test_what_its_owner_loses_a_key_loses_on_the_next_request(client: Client) -> None:
    root = await as_superuser(client)
    reader = await as_holder_of(client, Permission.USERS_READ)
    program = await with_api_key(reader, Permission.USERS_READ)
    assert (await program.get("/users")).status == 200
    await root.put(f"{reader.path}/roles", json={"roles": []})
    assert (await program.get("/users")).problem == (403, "permission_denied")
    await root.put(f"{reader.path}/roles", json={"roles": ["admin"]})
    assert (await program.get("/users")).status == 200
    await root.patch(reader.path, json={"is_active": False})
    assert (await program.get("/users")).problem == (400, "inactive_user")
    await root.patch(reader.path, json={"is_active": True})
    assert (await program.get("/users")).status == 200
    await root.delete(reader.path)
    assert (await program.get("/users")).problem == (401, "not_authenticated")


async def test_a_deleted_key_is_refused_on_the_next_request(client: Client, member: Caller) -> None:
    key = await made(member)
    program = client.bearing(key.text("key"))
    assert (await program.get("/users/me")).status == 200
    assert (await member.delete(f"/auth/api-keys/{key['id']}")).status == 204
    assert (await program.get("/users/me")).problem == (401, "not_authenticated")
    again = await member.delete(f"/auth/api-keys/{key['id']}")
    assert again.problem == (404, "api_key_not_found")


async def test_keys_outlive_sessions_and_the_password(client: Client, member: Caller) -> None:
    program = await with_api_key(member, Permission.USERS_READ)
    body = {"current_password": PASSWORD, "new_password": "seventeen purple umbrellas"}
    assert (await member.post("/users/me/password", json=body)).status == 204
    assert (await member.post("/auth/logout-all")).status == 204
    assert (await program.get("/users/me")).status == 200


async def test_an_expired_key_is_refused(client: Client, member: Caller) -> None:
    soon = datetime.now(UTC) + timedelta(milliseconds=300)
    key = await made(member, expires_at=soon.isoformat())
    assert datetime.fromisoformat(key.text("expires_at")) == soon
    program = client.bearing(key.text("key"))
    while datetime.now(UTC) < soon:
        await program.get("/users/me")
    assert (await program.get("/users/me")).problem == (401, "token_expired")


async def test_the_last_use_is_shown(client: Client, member: Caller) -> None:
    key = await made(member)
    before = datetime.now(UTC)
    await client.bearing(key.text("key")).get("/users/me")
    [listed] = (await member.get("/auth/api-keys")).items
    assert before <= datetime.fromisoformat(str(listed["last_used_at"])) <= datetime.now(UTC)


async def test_keys_are_listed_newest_first_and_each_owners_own(
    client: Client, member: Caller
) -> None:
    for name in ("b", "a", "c"):
        await made(member, name=name)
    await made(await as_admin(client), name="another's")
    assert (await member.get("/auth/api-keys")).each("name") == ["c", "a", "b"]
    first = await member.get("/auth/api-keys", params={"sort": "name", "limit": 2})
    assert (first.each("name"), first["total"]) == (["a", "b"], 3)
    rest = await member.get("/auth/api-keys", params={"cursor": first.text("next_cursor")})
    assert rest.each("name") == ["c"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "two\nlines"},
        {"permissions": []},
        {"permissions": None},
        {"permissions": ["users:fly"]},
        {"permissions": "users:read"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"expires_at": "2030-01-01"},
        {"expires_at": "1893456000"},
        {"expires_at": 1893456000},
        {"expires_at": "9999-12-31T23:59:59-23:59"},
        {"expires_at": "soon"},
        {"password": 1},
        {"is_superuser": True},
    ],
    ids=str,
)
async def test_a_key_of_bad_fields_is_not_valid(
    member: Caller, changes: Mapping[str, Json]
) -> None:
    answer = await member.post("/auth/api-keys", json={**NIGHTLY, **changes})
    assert answer.problem == (400, "validation_error")
    [field] = changes
    assert {name.partition(".")[0] for name, _ in answer.faults} == {field}


async def test_the_password_is_not_asked_of_whoever_has_just_signed_in(member: Caller) -> None:
    assert (await made(member, password=PASSWORD)).status == 201
    wrong = await member.post("/auth/api-keys", json={**NIGHTLY, "password": "wrong"})
    assert wrong.problem == (403, "wrong_password")


async def test_an_admin_may_scope_a_key_to_all_that_they_hold(client: Client) -> None:
    admin = await as_admin(client)
    held = (await admin.get("/users/me"))["permissions"]
    assert isinstance(held, list)
    assert set(held) <= EVERY_PERMISSION
    assert (await made(admin, permissions=held))["permissions"] == sorted(map(str, held))


async def test_a_key_makes_no_session(client: Client, member: Caller) -> None:
    program = await with_api_key(member, Permission.USERS_READ)
    await program.get("/users/me")
    again = await sign_in(client, member.email)
    assert (await again.get("/auth/sessions"))["total"] == 2
