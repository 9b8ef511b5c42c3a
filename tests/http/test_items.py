"""Items over HTTP."""

import json
from collections.abc import Mapping

import pytest
from fastapi import FastAPI

from domain.access import Permission
from domain.text import Json
from entrypoints.settings.schema import Settings
from tests.http.callers import PASSWORD, Caller, as_admin, as_holder_of, as_member, sign_in
from tests.http.client import Client
from tests.http.contract import as_list, as_object
from tests.http.own_items import made, path_of
from tests.http.wired import wired

UNKNOWN = "/items/01a1fc6c-e556-7d25-bdb2-d616c91fecc6"
LAMP: Mapping[str, Json] = {
    "title": "Desk lamp",
    "description": "Brass,\n1930s\tEnglish",
    "status": "active",
    "attributes": {"colour": "brass", "sizes": [1, 2.5, None], "stock": {"left": True}},
}


@pytest.fixture
async def owner(client: Client) -> Caller:
    return await as_member(client)


@pytest.fixture
async def stranger(client: Client) -> Caller:
    return await as_member(client)


async def test_creates_an_item_as_it_was_sent(owner: Caller) -> None:
    item = await owner.post("/items", json=LAMP)
    assert item.status == 201
    assert {name: item[name] for name in LAMP} == LAMP
    assert item["owner_id"] == owner.user_id
    assert item["version"] == 1
    assert item["created_at"] == item["updated_at"]
    assert item.headers["location"] == f"/api/v1/items/{item['id']}"
    read = await owner.get(f"http://testserver{item.headers['location']}")
    assert read.body == item.body
    assert read.headers["etag"] == item.headers["etag"]


async def test_what_is_not_sent_gets_its_default(owner: Caller) -> None:
    item = await owner.post("/items", json={"title": "  Lamp "})
    assert item["title"] == "Lamp"
    assert item["description"] is None
    assert item["status"] == "draft"
    assert item["attributes"] == {}


async def test_creating_needs_its_permission(client: Client) -> None:
    nobody = await as_holder_of(client)
    answer = await nobody.post("/items", json=LAMP)
    assert answer.problem == (403, "permission_denied")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_anothers_item_answers_like_an_unknown_one(
    owner: Caller, stranger: Caller, method: str
) -> None:
    item = await made(owner)
    body = {"title": "Mine now"} if method == "PATCH" else None
    anothers = await stranger.request(method, path_of(item), json=body)
    unknown = await stranger.request(method, UNKNOWN, json=body)
    assert anothers.problem == (404, "item_not_found")
    assert anothers.alike == unknown.alike
    assert (await owner.get(path_of(item))).body == item.body


async def test_anothers_deleted_item_answers_like_an_unknown_one(
    owner: Caller, stranger: Caller
) -> None:
    item = await made(owner)
    await owner.delete(path_of(item))
    anothers = await stranger.post(f"{path_of(item)}/restore")
    assert anothers.problem == (404, "item_not_found")
    assert anothers.alike == (await stranger.post(f"{UNKNOWN}/restore")).alike


@pytest.mark.parametrize("path", ["/items", "/items/", "/items?limit=1", "/items/?limit=1"])
async def test_a_slash_at_the_end_does_not_matter(owner: Caller, path: str) -> None:
    item = await made(owner)
    assert (await owner.get(path)).each("id") == [item["id"]]
    assert (await owner.get(f"{path_of(item)}/")).body == item.body
    assert (await owner.post("/items/", json=LAMP)).status == 201


async def test_what_the_caller_has_is_not_sent_again(owner: Caller) -> None:
    item = await made(owner)
    answer = await owner.get(path_of(item), headers={"If-None-Match": item.headers["etag"]})
    assert answer.status == 304


async def test_what_has_changed_since_is_sent_again(owner: Caller) -> None:
    item = await made(owner)
    changed = await owner.patch(path_of(item), json={"title": "Lantern"})
    assert changed.headers["etag"] != item.headers["etag"]
    answer = await owner.get(path_of(item), headers={"If-None-Match": item.headers["etag"]})
    assert answer.status == 200
    assert answer.body == changed.body


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Lantern"},
        {"description": None},
        {"description": "Tin"},
        {"status": "archived"},
        {"attributes": {"colour": "tin"}},
        {"attributes": {}},
        {"title": "Lantern", "status": "draft"},
        {},
    ],
    ids=json.dumps,
)
async def test_a_change_touches_only_what_was_sent(
    owner: Caller, changes: Mapping[str, Json]
) -> None:
    item = await owner.post("/items", json=LAMP)
    changed = await owner.patch(path_of(item), json=changes)
    assert changed.status == 200
    expected = {name: changes.get(name, LAMP[name]) for name in LAMP}
    assert {name: changed[name] for name in LAMP} == expected
    assert changed["version"] == 2
    assert changed["created_at"] == item["created_at"]
    assert changed.text("updated_at") >= item.text("updated_at")
    read = await owner.get(path_of(item))
    assert read.body == changed.body
    assert read.headers["etag"] == changed.headers["etag"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_stale_copy_changes_nothing_and_a_fresh_one_does(
    owner: Caller, method: str
) -> None:
    item = await made(owner)
    newer = await owner.patch(path_of(item), json={"title": "Lantern"})
    body = {"title": "Torch"} if method == "PATCH" else None
    stale = {"If-Match": item.headers["etag"]}
    refusal = await owner.request(method, path_of(item), json=body, headers=stale)
    assert refusal.problem == (412, "version_mismatch")
    assert (await owner.get(path_of(item))).body == newer.body
    fresh = {"If-Match": newer.headers["etag"]}
    answer = await owner.request(method, path_of(item), json=body, headers=fresh)
    assert answer.status < 300


async def test_where_nothing_is_to_be_changed_no_copy_is_stale(
    owner: Caller, stranger: Caller
) -> None:
    for path in (path_of(await made(owner)), UNKNOWN):
        answer = await stranger.delete(path, headers={"If-Match": '"7"'})
        assert answer.problem == (404, "item_not_found")


async def test_a_deleted_item_is_gone(owner: Caller) -> None:
    item = await made(owner)
    assert (await owner.delete(path_of(item))).status == 204
    for method, body in (("GET", None), ("PATCH", {"title": "Back"}), ("DELETE", None)):
        answer = await owner.request(method, path_of(item), json=body)
        assert answer.problem == (404, "item_not_found")
    assert (await owner.get("/items"))["total"] == 0


async def test_a_deleted_item_can_be_restored_by_its_owner(owner: Caller) -> None:
    item = await owner.post("/items", json=LAMP)
    await owner.delete(path_of(item))
    restored = await owner.post(f"{path_of(item)}/restore")
    assert restored.status == 200
    assert {name: restored[name] for name in LAMP} == LAMP
    read = await owner.get(path_of(item))
    assert read.body == restored.body
    assert read.headers["etag"] == restored.headers["etag"] != item.headers["etag"]


async def test_restoring_what_is_not_deleted_changes_nothing(owner: Caller) -> None:
    item = await made(owner)
    restored = await owner.post(f"{path_of(item)}/restore")
    assert restored.body == item.body


async def test_the_permission_to_read_shows_everyones_items(client: Client, owner: Caller) -> None:
    item = await made(owner)
    reader = await as_holder_of(client, Permission.ITEMS_READ)
    assert (await reader.get("/items")).each("id") == [item["id"]]
    assert (await reader.get(path_of(item))).body == item.body
    for method, body in (("PATCH", {"title": "Mine now"}), ("DELETE", None)):
        answer = await reader.request(method, path_of(item), json=body)
        assert answer.problem == (403, "permission_denied")
    await owner.delete(path_of(item))
    restored = await reader.post(f"{path_of(item)}/restore")
    assert restored.problem == (403, "permission_denied")


async def test_admins_change_everyones_items(client: Client, owner: Caller) -> None:
    item = await made(owner)
    admin = await as_admin(client)
    changed = await admin.patch(path_of(item), json={"title": "Lantern"})
    assert changed["owner_id"] == owner.user_id
    assert (await admin.delete(path_of(item))).status == 204
    assert (await admin.post(f"{path_of(item)}/restore"))["title"] == "Lantern"


async def test_signing_in_takes_the_deletion_of_an_account_back_with_its_items(
    client: Client, owner: Caller
) -> None:
    item = await made(owner)
    await owner.delete("/users/me", json={"password": PASSWORD})
    back = await sign_in(client, owner.email)
    assert (await back.get(path_of(item))).body == item.body


async def test_an_owner_takes_their_items_along_the_deleted_too(
    owner: Caller, stranger: Caller
) -> None:
    kept, deleted = await owner.post("/items", json=LAMP), await made(owner)
    await owner.delete(path_of(deleted))
    await made(stranger, title="Another's")
    taken = await owner.get("/users/me/export")
    items = [as_object(each) for each in as_list(taken["items"])]
    assert [each["id"] for each in items] == [kept["id"], deleted["id"]]
    assert items[0]["attributes"] == LAMP["attributes"]
    assert items[1]["deleted_at"] is not None
    assert "Another's" not in taken.content.decode()


async def test_their_own_items_answer_the_unverified_like_unknown_ones(
    owner: Caller, app: FastAPI, settings: Settings
) -> None:
    item = await made(owner)
    strict = settings.model_copy(update={"require_verified_email": True})
    with wired(app, app.state.inside.ports, strict):
        for path in (path_of(item), UNKNOWN):
            assert (await owner.get(path)).problem == (403, "email_not_verified")


async def test_a_bad_field_is_named(owner: Caller) -> None:
    answer = await owner.post(
        "/items", json={"title": "", "status": "lost", "colour": "red", "description": 1}
    )
    assert answer.problem == (400, "validation_error")
    assert answer.faults == {
        ("title", "too_short"),
        ("status", "enum"),
        ("colour", "extra_forbidden"),
        ("description", "string_type"),
    }
