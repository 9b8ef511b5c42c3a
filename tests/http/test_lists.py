"""Pages of any list, by offset and by cursor."""

from collections.abc import Mapping
from itertools import pairwise

import pytest

from domain.access import Permission
from domain.text import Json
from tests.http.callers import Caller, as_member
from tests.http.client import Answer, Client

KEYS = "/auth/api-keys"


@pytest.fixture
async def owner(client: Client) -> Caller:
    return await as_member(client)


async def made(owner: Caller, name: str = "Nightly import") -> Answer:
    body = {"name": name, "permissions": [Permission.USERS_READ]}
    key = await owner.post(KEYS, json=body)
    assert key.status == 201
    return key


async def test_an_empty_list_is_a_list(owner: Caller) -> None:
    assert (await owner.get(KEYS)).body == {"items": [], "total": 0, "next_cursor": None}


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
    ids = [(await made(owner))["id"] for _ in range(5)]
    answer = await owner.get(KEYS, params=params)
    assert answer.each("id") == [ids[n] for n in expected]
    assert answer["total"] == 5


async def listed(caller: Caller, sort: str, limit: int) -> list[Mapping[str, Json]]:
    """All of them, by following the cursors."""
    answer = await caller.get(KEYS, params={"sort": sort, "limit": limit})
    shown = [*answer.items]
    while answer["next_cursor"] is not None:
        cursor = answer.text("next_cursor")
        answer = await caller.get(KEYS, params={"cursor": cursor, "limit": limit})
        assert answer["total"] is None
        assert answer.items, "a cursor that leads to nothing"
        shown += answer.items
    return shown


@pytest.mark.parametrize("limit", [1, 2, 4, 100])
@pytest.mark.parametrize(
    "sort", ["created_at", "-created_at", "name", "-name", "name,-created_at", "-name,created_at"]
)
async def test_cursors_lead_through_everything_once_in_order(
    owner: Caller, sort: str, limit: int
) -> None:
    names = ["b", "a", "b", "ä", "B", "a"]
    ids = [str((await made(owner, name))["id"]) for name in names]
    shown = await listed(owner, sort, limit)
    assert sorted(str(each["id"]) for each in shown) == ids
    for one, other in pairwise(shown):
        assert_in_order(one, other, sort)


def assert_in_order(one: Mapping[str, Json], other: Mapping[str, Json], sort: str) -> None:
    keys = sort.split(",")
    # Ids go the way of the last key, and are never the same.
    tiebreak = "-id" if keys[-1].startswith("-") else "id"
    for key in (*keys, tiebreak):
        field = key.removeprefix("-")
        if one[field] != other[field]:
            assert (str(one[field]) > str(other[field])) == key.startswith("-")
            return


async def test_a_cursor_goes_on_where_it_was_while_others_write(owner: Caller) -> None:
    ids = [(await made(owner))["id"] for _ in range(4)]
    first = await owner.get(KEYS, params={"limit": 2})
    await made(owner)
    await owner.delete(f"{KEYS}/{ids[2]}")
    second = await owner.get(KEYS, params={"cursor": first.text("next_cursor")})
    assert first.each("id") + second.each("id") == ids[::-1]


async def test_a_cursor_keeps_its_sort(owner: Caller) -> None:
    for name in ("b", "a", "c"):
        await made(owner, name)
    cursor = (await owner.get(KEYS, params={"sort": "name", "limit": 1})).text("next_cursor")
    assert (await owner.get(KEYS, params={"cursor": cursor})).each("name") == ["b", "c"]
    same = await owner.get(KEYS, params={"cursor": cursor, "sort": "name"})
    assert same.each("name") == ["b", "c"]
    other = await owner.get(KEYS, params={"cursor": cursor, "sort": "-name"})
    assert other.faults == {("sort", "invalid_sort")}


async def test_a_cursor_shows_nothing_that_its_bearer_may_not_see(
    client: Client, owner: Caller
) -> None:
    for _ in range(3):
        await made(owner)
    cursor = (await owner.get(KEYS, params={"limit": 1})).text("next_cursor")
    stranger = await as_member(client)
    assert (await stranger.get(KEYS, params={"cursor": cursor})).items == []
