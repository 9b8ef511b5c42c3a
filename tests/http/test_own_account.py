"""One's own account."""

from collections.abc import Mapping
from contextlib import ExitStack

import pytest

from application.transfers import Transfers
from domain.access import ADMIN, MEMBER, Permission
from domain.text import Json
from tests.http.callers import (
    OTHER_PASSWORD,
    PASSWORD,
    as_admin,
    as_holder_of,
    as_member,
    as_superuser,
    sign_in,
    sign_up,
)
from tests.http.client import Client
from tests.http.contract import as_list, as_object


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
    editor = await as_holder_of(client, Permission.ROLES_READ)
    me = await editor.get("/users/me")
    [role] = [str(each) for each in as_list(me["roles"])]
    changed = await superuser.patch(f"/roles/{role}", json={"permissions": []})
    assert changed.status == 200
    again = await editor.get("/users/me", headers={"If-None-Match": me.headers["etag"]})
    assert (again.status, again["permissions"]) == (200, [])
    assert again["version"] == me["version"]


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
    unchanged = set(dict(as_object(before.body))) - shown.keys() - {"version", "updated_at"}
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert {name: after[name] for name in shown} == shown
    assert after["version"] == 2
    assert (await member.get(member.path)).body == after.body


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
    await member.delete("/users/me", json={"password": PASSWORD})
    wrong = {"username": member.email, "password": OTHER_PASSWORD}
    assert (await client.post("/auth/login", form=wrong)).problem == (401, "invalid_credentials")

    back = await sign_in(client, member.email)

    assert back.user_id == member.user_id
    assert (await back.get("/users/me"))["roles"] == [MEMBER]
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
    key = {"name": "Nightly «é»", "permissions": [Permission.USERS_READ]}
    await member.post("/auth/api-keys", json=key)
    await other.post("/auth/api-keys", json={**key, "name": "Another's"})

    taken = await member.get("/users/me/export")

    assert taken.status == 200
    [account] = as_list(taken["account"])
    assert as_object(account)["email"] == member.email
    [kept] = as_list(taken["api_keys"])
    assert {name: as_object(kept)[name] for name in key} == key
    assert len(as_list(taken["sessions"])) == 1
    assert "Another's" not in taken.content.decode()


async def test_no_more_take_their_data_along_at_once_than_may_run(client: Client) -> None:
    member = await as_member(client)
    transfers = client.inside.services[Transfers]
    with ExitStack() as others:
        for _ in range(transfers.limits.at_once - 1):
            others.enter_context(transfers.one_more())
        for _ in range(2):
            # Whoever came before has made room again.
            assert (await member.get("/users/me/export")).status == 200
        with transfers.one_more():
            answer = await member.get("/users/me/export")
            assert answer.problem == (503, "unavailable")


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
