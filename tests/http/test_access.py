"""Roles and permissions over HTTP."""

from collections.abc import Mapping

import pytest

from domain.access import Permission
from domain.text import Json
from tests.http.callers import Caller, as_admin, as_holder_of, as_member, as_superuser
from tests.http.client import ROOT, Client

EDITOR: Mapping[str, Json] = {
    "name": "editor",
    "description": "Corrects what accounts say",
    "permissions": ["users:read", "users:update"],
}


@pytest.fixture
async def superuser(client: Client) -> Caller:
    return await as_superuser(client)


async def test_the_catalogue_takes_no_filter(client: Client) -> None:
    member = await as_member(client)
    answer = await member.get("/permissions", params={"q": "users"})
    assert answer.problem == (400, "validation_error")
    assert answer.faults == {("q", "extra_forbidden")}


async def test_the_catalogue_of_permissions_is_for_everyone_signed_in(client: Client) -> None:
    member = await as_member(client)
    catalogue = await member.get("/permissions")
    assert catalogue.each("name") == list(Permission)
    assert catalogue.each("description") == [each.description for each in Permission]
    assert (catalogue["total"], catalogue["next_cursor"]) == (len(Permission), None)


async def test_a_role_is_created_as_it_was_sent(superuser: Caller) -> None:
    role = await superuser.post("/roles", json=EDITOR)
    assert role.status == 201
    assert {name: role[name] for name in EDITOR} == EDITOR
    assert role["version"] == 1
    assert role.headers["location"] == "/api/v1/roles/editor"
    read = await superuser.get(f"{ROOT}{role.headers['location']}")
    assert read.body == role.body
    known = {"If-None-Match": role.headers["etag"]}
    assert (await superuser.get("/roles/editor", headers=known)).status == 304


async def test_a_name_is_enough_for_a_role(superuser: Caller) -> None:
    role = await superuser.post("/roles", json={"name": "guest"})
    assert (role["description"], role["permissions"]) == ("", [])


async def test_a_name_is_given_once(superuser: Caller) -> None:
    await superuser.post("/roles", json=EDITOR)
    answer = await superuser.post("/roles", json=EDITOR)
    assert answer.problem == (409, "role_name_taken")
    answer = await superuser.post("/roles", json={"name": "admin"})
    assert answer.problem == (409, "role_name_taken")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Editor"},
        {"name": "1st"},
        {"name": "an editor"},
        {"name": ""},
        {"name": "x" * 51},
        {"name": None},
        {"description": "x" * 256},
        {"description": "two\nlines"},
        {"permissions": ["users:burn"]},
        {"permissions": ["USERS:READ"]},
        {"permissions": "users:read"},
        {"permissions": [1]},
        {"permissions": ["users:read"] * 201},
        {"is_built_in": True},
    ],
    ids=str,
)
async def test_a_role_of_bad_fields_is_not_valid(
    superuser: Caller, changes: Mapping[str, Json]
) -> None:
    answer = await superuser.post("/roles", json={**EDITOR, **changes})
    assert answer.problem == (400, "validation_error")
    [field] = changes
    assert {name.partition(".")[0] for name, _ in answer.faults} == {field}


async def test_roles_are_listed_by_name(superuser: Caller) -> None:
    await superuser.post("/roles", json=EDITOR)
    assert (await superuser.get("/roles")).each("name") == ["admin", "editor", "member"]
    first = await superuser.get("/roles", params={"limit": 2, "sort": "-name"})
    assert first.each("name") == ["member", "editor"]
    rest = await superuser.get("/roles", params={"cursor": first.text("next_cursor")})
    assert rest.each("name") == ["admin"]


@pytest.mark.parametrize(
    "changes", [{"description": "Reads"}, {"permissions": []}, {"permissions": ["users:read"]}, {}]
)
async def test_a_change_touches_only_what_was_sent(
    superuser: Caller, changes: Mapping[str, Json]
) -> None:
    await superuser.post("/roles", json=EDITOR)
    changed = await superuser.patch("/roles/editor", json=changes)
    assert changed.status == 200
    assert {name: changed[name] for name in EDITOR} == {**EDITOR, **changes}
    assert changed["version"] == 2
    assert (await superuser.get("/roles/editor")).body == changed.body


async def test_a_stale_copy_of_a_role_changes_nothing(superuser: Caller) -> None:
    stale = {"If-Match": (await superuser.post("/roles", json=EDITOR)).headers["etag"]}
    await superuser.patch("/roles/editor", json={"description": "Reads"})
    answer = await superuser.patch("/roles/editor", json={"permissions": []}, headers=stale)
    assert answer.problem == (412, "version_mismatch")
    answer = await superuser.delete("/roles/editor", headers=stale)
    assert answer.problem == (412, "version_mismatch")
    fresh = {"If-Match": (await superuser.get("/roles/editor")).headers["etag"]}
    assert (await superuser.delete("/roles/editor", headers=fresh)).status == 204


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_role_is_not_found(superuser: Caller, method: str) -> None:
    body = {"description": "Reads"} if method == "PATCH" else None
    answer = await superuser.request(method, "/roles/unheard-of", json=body)
    assert answer.problem == (404, "role_not_found")


@pytest.mark.parametrize("name", ["admin", "member"])
async def test_built_in_roles_stay_as_they_are(superuser: Caller, name: str) -> None:
    before = await superuser.get(f"/roles/{name}")
    attempts: list[dict[str, Json]] = [{"description": "Mine"}, {"permissions": []}]
    for changes in attempts:
        answer = await superuser.patch(f"/roles/{name}", json=changes)
        assert answer.problem == (409, "role_built_in")
    assert (await superuser.delete(f"/roles/{name}")).problem == (409, "role_built_in")
    assert (await superuser.get(f"/roles/{name}")).body == before.body


async def test_a_role_in_use_stays(client: Client, superuser: Caller) -> None:
    member = await as_member(client)
    await superuser.post("/roles", json=EDITOR)
    await superuser.put(f"{member.path}/roles", json={"roles": ["editor"]})
    assert (await superuser.delete("/roles/editor")).problem == (409, "role_in_use")
    await superuser.put(f"{member.path}/roles", json={"roles": []})
    assert (await superuser.delete("/roles/editor")).status == 204
    assert (await superuser.get("/roles/editor")).problem == (404, "role_not_found")


async def test_a_changed_role_takes_effect_on_the_next_request_of_its_holders(
    client: Client, superuser: Caller
) -> None:
    member = await as_member(client)
    await superuser.post("/roles", json=EDITOR)
    await superuser.put(f"{member.path}/roles", json={"roles": ["editor"]})
    assert (await member.get("/roles")).problem == (403, "permission_denied")
    await superuser.patch("/roles/editor", json={"permissions": ["roles:read"]})
    assert (await member.get("/roles")).status == 200
    await superuser.patch("/roles/editor", json={"permissions": []})
    assert (await member.get("/roles")).problem == (403, "permission_denied")


async def test_nobody_grants_or_takes_through_a_role_what_they_do_not_hold(
    client: Client, superuser: Caller
) -> None:
    await superuser.post("/roles", json=EDITOR)
    keeper = await as_holder_of(
        client, Permission.ROLES_CREATE, Permission.ROLES_UPDATE, Permission.USERS_READ
    )
    refused = await keeper.post("/roles", json={"name": "mine", "permissions": ["audit:read"]})
    assert refused.problem == (403, "permission_denied")
    for permissions in (["users:read"], ["users:read", "users:update", "audit:read"], []):
        refused = await keeper.patch("/roles/editor", json={"permissions": permissions})
        assert refused.problem == (403, "permission_denied")
    allowed = await keeper.patch("/roles/editor", json={"permissions": ["users:update"]})
    assert allowed["permissions"] == ["users:update"]
    assert (await keeper.post("/roles", json={"name": "mine"})).status == 201


async def test_an_admin_may_do_everything_with_roles(client: Client) -> None:
    admin = await as_admin(client)
    assert (await admin.post("/roles", json=EDITOR)).status == 201
    assert (await admin.patch("/roles/editor", json={"permissions": []})).status == 200
    assert (await admin.delete("/roles/editor")).status == 204
