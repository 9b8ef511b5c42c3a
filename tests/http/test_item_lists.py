"""Lists of items: pages, cursors, filters, search."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

import pytest

from domain.text import Json
from tests.builders import new_id
from tests.http.callers import Caller, as_admin, as_member, as_superuser
from tests.http.client import Answer, Client
from tests.http.own_items import made, path_of


@pytest.fixture
async def owner(client: Client) -> Caller:
    return await as_member(client)


@pytest.fixture
async def stranger(client: Client) -> Caller:
    return await as_member(client)


async def test_lists_are_of_ones_own_items_newest_first(owner: Caller, stranger: Caller) -> None:
    items = [(await made(owner, title=f"Lamp {n}"))["id"] for n in range(3)]
    await made(stranger)
    answer = await owner.get("/items")
    assert answer.each("id") == items[::-1]
    assert answer["total"] == 3
    assert answer["next_cursor"] is None


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


@pytest.mark.parametrize("limit", [1, 4])
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


async def test_a_cursor_shows_nothing_that_its_bearer_may_not_see(
    owner: Caller, stranger: Caller
) -> None:
    for _ in range(3):
        await made(owner)
    cursor = (await owner.get("/items", params={"limit": 1})).text("next_cursor")
    assert (await stranger.get("/items", params={"cursor": cursor})).items == []


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
    of_nobody = {"owner_id": str(new_id())}
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
