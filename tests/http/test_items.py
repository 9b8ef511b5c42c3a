"""Items over HTTP."""

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

import pytest

from domain.access import Permission
from domain.text import Json
from tests.http.callers import Caller, as_admin, as_holder_of, as_member, as_superuser
from tests.http.client import API, Answer, Client

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


async def made(owner: Caller, **fields: Json) -> Answer:
    answer = await owner.post("/items", json={"title": "Lamp", **fields})
    assert answer.status == 201
    return answer


def path_of(item: Answer) -> str:
    return f"/items/{item['id']}"


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


@pytest.mark.parametrize("known", ["{}", "W/{}", '"0", {}', "*", '"x" ,W/{} ', '"a,b",, {},'])
async def test_what_the_caller_has_is_not_sent_again(owner: Caller, known: str) -> None:
    item = await made(owner)
    known = known.format(item.headers["etag"])
    answer = await owner.get(path_of(item), headers={"If-None-Match": known})
    assert answer.status == 304
    assert answer.headers["etag"] == item.headers["etag"]


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
async def test_a_stale_copy_changes_nothing(owner: Caller, method: str) -> None:
    item = await made(owner)
    newer = await owner.patch(path_of(item), json={"title": "Lantern"})
    body = {"title": "Torch"} if method == "PATCH" else None
    stale = {"If-Match": item.headers["etag"]}
    refusal = await owner.request(method, path_of(item), json=body, headers=stale)
    assert refusal.problem == (412, "version_mismatch")
    assert (await owner.get(path_of(item))).body == newer.body


@pytest.mark.parametrize(
    "known", ['"0"', "junk", '"junk', "junk, {}", "{} {}", '"0,{}"', "*, {}", ""]
)
async def test_what_names_no_copy_of_the_caller_s_is_sent_whole(owner: Caller, known: str) -> None:
    item = await made(owner)
    known = known.format(item.headers["etag"], item.headers["etag"])
    answer = await owner.get(path_of(item), headers={"If-None-Match": known})
    assert (answer.status, answer.body) == (200, item.body)


@pytest.mark.parametrize("known", ["{}", "*", " {} ", '"999", {}', '{} ,W/"999"', '"a,b",, {},'])
async def test_a_fresh_copy_may_change_and_delete(owner: Caller, known: str) -> None:
    item = await made(owner)
    fresh = {"If-Match": known.format(item.headers["etag"])}
    changed = await owner.patch(path_of(item), json={"title": "Lantern"}, headers=fresh)
    assert changed.status == 200
    fresh = {"If-Match": known.format(changed.headers["etag"])}
    assert (await owner.delete(path_of(item), headers=fresh)).status == 204


async def test_tags_on_several_lines_are_one_list(owner: Caller) -> None:
    """RFC 9110 §5.3."""
    item = await made(owner)
    tags = ['"998"', item.headers["etag"], '"999"']

    async def asked(method: str, name: str, json: object = None) -> int:
        headers = [("Authorization", f"Bearer {owner.token}"), *((name, tag) for tag in tags)]
        url = f"{API}{path_of(item)}"
        answer = await owner.http.request(method, url, json=json, headers=headers)
        return answer.status_code

    assert await asked("GET", "If-None-Match") == 304
    assert await asked("PATCH", "If-Match", {"title": "Lantern"}) == 200
    assert await asked("PATCH", "If-Match", {"title": "Torch"}) == 412


@pytest.mark.parametrize("known", ["W/{}", 'W/{}, "999"', '"998","999"', "junk, {}", "{} {}", ""])
async def test_neither_weak_tags_nor_others_match_for_a_change(owner: Caller, known: str) -> None:
    item = await made(owner)
    weak = {"If-Match": known.format(item.headers["etag"], item.headers["etag"])}
    answer = await owner.patch(path_of(item), json={"title": "Lantern"}, headers=weak)
    assert answer.problem == (412, "version_mismatch")


@pytest.mark.parametrize("tag", ['"7"', "junk"])
async def test_where_nothing_is_to_be_changed_no_copy_is_stale(
    owner: Caller, stranger: Caller, tag: str
) -> None:
    item = await made(owner)
    for path in (path_of(item), UNKNOWN):
        answer = await stranger.delete(path, headers={"If-Match": tag})
        assert answer.problem == (404, "item_not_found")
    answer = await owner.delete("/items/junk", headers={"If-Match": tag})
    assert answer.problem == (400, "validation_error")


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


async def test_lists_are_of_ones_own_items_newest_first(owner: Caller, stranger: Caller) -> None:
    items = [(await made(owner, title=f"Lamp {n}"))["id"] for n in range(3)]
    await made(stranger)
    answer = await owner.get("/items")
    assert answer.each("id") == items[::-1]
    assert answer["total"] == 3
    assert answer["next_cursor"] is None


async def test_an_empty_list_is_a_list(owner: Caller) -> None:
    assert (await owner.get("/items")).body == {"items": [], "total": 0, "next_cursor": None}


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


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"limit": 2}, [4, 3]),
        ({"limit": 2, "skip": 2}, [2, 1]),
        ({"limit": 2, "skip": 4}, [0]),
        ({"skip": 5}, []),
        ({"skip": 500}, []),
    ],
    ids=str,
)
async def test_offset_pages_tell_how_many_there_are(
    owner: Caller, params: Mapping[str, int], expected: list[int]
) -> None:
    items = [(await made(owner))["id"] for _ in range(5)]
    answer = await owner.get("/items", params=params)
    assert answer.each("id") == [items[n] for n in expected]
    assert answer["total"] == 5


async def pages(caller: Caller, path: str, **params: str | int) -> list[Json]:
    """Every id, by following the cursors."""
    answer = await caller.get(path, params=params)
    ids = answer.each("id")
    while answer["next_cursor"] is not None:
        following: dict[str, str | int] = {"cursor": answer.text("next_cursor")}
        if "limit" in params:
            following["limit"] = params["limit"]
        answer = await caller.get(path, params=following)
        assert answer["total"] is None
        assert answer.items, "a cursor that leads to nothing"
        ids += answer.each("id")
    return ids


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
@pytest.mark.parametrize(
    "sort",
    [
        "created_at",
        "-created_at",
        "updated_at",
        "-updated_at",
        "title",
        "-title",
        "status",
        "-status",
        "status,title",
        "-status,-title",
        "status,-title",
        "-status,title,created_at",
    ],
)
async def test_cursors_lead_through_every_item_once_in_order(
    owner: Caller, sort: str, limit: int
) -> None:
    made_items = [
        await made(owner, title=title, status=status)
        for title, status in [
            ("b", "draft"),
            ("a", "active"),
            ("b", "active"),
            ("ä", "draft"),
            ("B", "archived"),
            ("a", "active"),
        ]
    ]
    by_id = {item["id"]: item for item in made_items}
    ids = await pages(owner, "/items", sort=sort, limit=limit)
    assert sorted(ids, key=str) == sorted(by_id, key=str)
    for one, other in pairwise(by_id[each] for each in ids):
        _assert_in_order(one, other, sort)


def _assert_in_order(one: Answer, other: Answer, sort: str) -> None:
    for key in sort.split(","):
        field, descending = key.removeprefix("-"), key.startswith("-")
        if one[field] != other[field]:
            assert (one.text(field) > other.text(field)) == descending
            return
    descending = sort.rsplit(",", maxsplit=1)[-1].startswith("-")
    assert (one.text("id") > other.text("id")) == descending


async def test_a_cursor_goes_on_where_it_was_while_others_write(owner: Caller) -> None:
    items = [(await made(owner))["id"] for _ in range(4)]
    first = await owner.get("/items", params={"limit": 2})
    await made(owner)
    await owner.delete(f"/items/{items[2]}")
    second = await owner.get("/items", params={"cursor": first.text("next_cursor")})
    assert first.each("id") + second.each("id") == items[::-1]


async def test_a_cursor_keeps_its_sort(owner: Caller) -> None:
    for title in ("b", "a", "c"):
        await made(owner, title=title)
    cursor = (await owner.get("/items", params={"sort": "title", "limit": 1})).text("next_cursor")
    assert (await owner.get("/items", params={"cursor": cursor})).each("title") == ["b", "c"]
    same = await owner.get("/items", params={"cursor": cursor, "sort": "title"})
    assert same.each("title") == ["b", "c"]
    other = await owner.get("/items", params={"cursor": cursor, "sort": "-title"})
    assert other.faults == {("sort", "invalid_sort")}


async def test_a_cursor_shows_nothing_that_its_bearer_may_not_see(
    owner: Caller, stranger: Caller
) -> None:
    for _ in range(3):
        await made(owner)
    cursor = (await owner.get("/items", params={"limit": 1})).text("next_cursor")
    assert (await stranger.get("/items", params={"cursor": cursor})).items == []


@pytest.mark.parametrize(
    ("params", "titles"),
    [
        ({"q": "lamp"}, ["Desk lamp", "Lamp post"]),
        ({"q": "LAM"}, ["Desk lamp", "Lamp post"]),
        ({"q": "lamp desk"}, ["Desk lamp"]),
        ({"q": "brass"}, ["Candle"]),
        ({"q": "lamp brass"}, []),
        ({"q": "%"}, ["Candle", "Desk lamp", "Lamp post"]),
        ({"status": "active"}, ["Candle", "Desk lamp"]),
        ({"status": "archived"}, []),
        ({"status": "active", "q": "lamp"}, ["Desk lamp"]),
        ({"attributes": '{"colour": "red"}'}, ["Desk lamp", "Lamp post"]),
        ({"attributes": '{"colour": "red", "sizes": [2]}'}, ["Lamp post"]),
        ({"attributes": '{"stock": {"left": true}}'}, ["Candle"]),
        ({"attributes": '{"stock": {"left": false}}'}, []),
        ({"attributes": "{}"}, ["Candle", "Desk lamp", "Lamp post"]),
        ({"q": "lamp", "attributes": '{"sizes": [1]}'}, ["Lamp post"]),
    ],
    ids=str,
)
async def test_filters_choose_what_a_list_shows(
    owner: Caller, params: Mapping[str, str], titles: list[str]
) -> None:
    await made(owner, title="Desk lamp", status="active", attributes={"colour": "red"})
    await made(owner, title="Lamp post", attributes={"colour": "red", "sizes": [1, 2]})
    await made(
        owner,
        title="Candle",
        description="On brass",
        status="active",
        attributes={"stock": {"left": True, "right": 1}},
    )
    answer = await owner.get("/items", params={**params, "sort": "title"})
    assert answer.each("title") == titles
    assert answer["total"] == len(titles)


async def test_time_filters_include_their_beginning_and_not_their_end(owner: Caller) -> None:
    items = [await made(owner) for _ in range(3)]
    middle = items[1].text("created_at")
    ids = [item["id"] for item in items]

    async def listed(**params: str) -> list[Json]:
        return (await owner.get("/items", params={**params, "sort": "created_at"})).each("id")

    assert await listed(created_from=middle) == ids[1:]
    assert await listed(created_to=middle) == ids[:1]
    elsewhere = datetime.fromisoformat(middle).astimezone().isoformat()
    assert await listed(created_from=elsewhere, created_to=items[2].text("created_at")) == ids[1:2]
    changed = await owner.patch(path_of(items[0]), json={"title": "Lantern"})
    assert await listed(updated_from=changed.text("updated_at")) == ids[:1]


async def test_an_owner_can_be_chosen_by_whom_may_see_their_items(
    client: Client, owner: Caller, stranger: Caller
) -> None:
    item = await made(owner)
    await made(stranger)
    of_owner = {"owner_id": owner.user_id}
    admin = await as_admin(client)
    assert (await admin.get("/items", params=of_owner)).each("id") == [item["id"]]
    assert (await owner.get("/items", params=of_owner)).each("id") == [item["id"]]
    nothing = {"items": [], "total": 0, "next_cursor": None}
    assert (await stranger.get("/items", params=of_owner)).body == nothing
    of_nobody = {"owner_id": UNKNOWN.rpartition("/")[2]}
    assert (await stranger.get("/items", params=of_nobody)).body == nothing


async def test_the_deleted_are_shown_to_whom_may_restore_them(
    client: Client, owner: Caller
) -> None:
    kept, deleted = await made(owner), await made(owner)
    await owner.delete(path_of(deleted))
    assert (await owner.get("/items")).each("id") == [kept["id"]]
    superuser = await as_superuser(client)
    answer = await superuser.get("/items", params={"deleted": "true"})
    assert answer.each("id") == [deleted["id"]]
    refusal = await owner.get("/items", params={"deleted": "true"})
    assert refusal.problem == (403, "permission_denied")


async def test_search_finds_what_has_changed(owner: Caller) -> None:
    item = await made(owner, title="Candle")
    await owner.patch(path_of(item), json={"title": "Torch", "description": "Of oak"})
    assert (await owner.get("/items", params={"q": "candle"})).items == []
    assert (await owner.get("/items", params={"q": "torch oak"})).each("id") == [item["id"]]


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


async def test_answers_are_private_and_asked_for_anew(owner: Caller) -> None:
    item = await made(owner)
    assert item.headers["cache-control"] == "private, no-cache"
    assert (await owner.http.get(f"{API}{path_of(item)}")).status_code == 401
