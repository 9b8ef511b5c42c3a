"""Sorting and paging, whatever the list."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.memory.security import PlainCursors
from application.items.list_items import ListItems, ListItemsHandler
from application.items.listing import ITEMS
from application.items.views import ItemView
from application.paging import (
    MAX_LIMIT,
    MAX_SKIP,
    Listing,
    PageRequest,
    Position,
    SortKey,
    parse_sort,
)
from domain.access import SYSTEM
from domain.errors import Invalid
from domain.items import Item
from domain.users import User
from tests.application.service import Service
from tests.builders import CREATED, a_user
from tests.builders.items import an_item

HOUR = timedelta(hours=1)
FIELDS = frozenset({"title", "created_at"})


def test_a_sort_is_a_list_of_fields() -> None:
    assert parse_sort("-created_at, title", allowed=FIELDS) == (
        SortKey("created_at", descending=True),
        SortKey("title"),
    )
    assert [str(key) for key in parse_sort("-created_at,title", allowed=FIELDS)] == [
        "-created_at",
        "title",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "-", ",", "title,", "id", "--title", "- title", "+title", "TITLE", "title,-title", "\0"],
)
def test_anything_else_is_no_sort(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_sort(text, allowed=FIELDS)

    [error] = refusal.value.errors
    assert (error.field, error.code) == ("sort", "invalid_sort")
    assert "created_at, title" in error.detail


@pytest.mark.parametrize("limit", [1, MAX_LIMIT])
@pytest.mark.parametrize("skip", [0, MAX_SKIP])
def test_a_page_has_its_bounds(limit: int, skip: int) -> None:
    PageRequest(limit=limit, skip=skip)


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1])
def test_a_page_is_neither_empty_nor_endless(limit: int) -> None:
    with pytest.raises(Invalid) as refusal:
        PageRequest(limit=limit)

    assert refusal.value.errors[0].field == "limit"


@pytest.mark.parametrize("skip", [-1, MAX_SKIP + 1])
def test_nobody_skips_backwards_or_for_ever(skip: int) -> None:
    with pytest.raises(Invalid) as refusal:
        PageRequest(skip=skip)

    assert refusal.value.errors[0].field == "skip"


LISTING = Listing(
    name="lamps", sortable=FIELDS, default_sort=(SortKey("created_at", descending=True),)
)


def test_a_list_has_a_sort_of_its_own() -> None:
    window = LISTING.window(PageRequest(limit=7, skip=3), PlainCursors())

    assert window.sort == LISTING.default_sort
    assert (window.limit, window.skip, window.after, window.with_total) == (7, 3, None, True)


def test_a_cursor_wins_over_what_is_skipped_and_brings_its_sort() -> None:
    cursors = PlainCursors()
    position = Position(sort=(SortKey("title"),), values=("Lamp", 7))
    cursor = cursors.encode("lamps", position)

    window = LISTING.window(PageRequest(limit=7, skip=3, cursor=cursor), cursors)

    assert window.sort == (SortKey("title"),)
    assert (window.skip, window.after, window.with_total) == (0, position, False)
    same = LISTING.window(PageRequest(cursor=cursor, sort="title"), cursors)
    assert same.sort == window.sort


def test_a_cursor_belongs_to_its_sort_and_its_list() -> None:
    cursors = PlainCursors()
    cursor = cursors.encode("lamps", Position(sort=(SortKey("title"),), values=("Lamp", 7)))

    with pytest.raises(Invalid) as refusal:
        LISTING.window(PageRequest(cursor=cursor, sort="-title"), cursors)
    assert refusal.value.errors[0].field == "sort"
    with pytest.raises(Invalid) as refusal:
        ITEMS.window(PageRequest(cursor=cursor), cursors)
    assert refusal.value.errors[0].field == "cursor"


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


async def pages(service: Service, request: PageRequest) -> AsyncIterator[list[ItemView]]:
    handler = service[ListItemsHandler]
    page = await handler(ListItems(page=request), SYSTEM)
    yield list(page.items)
    while page.next_cursor is not None:
        following = PageRequest(limit=request.limit, cursor=page.next_cursor)
        page = await handler(ListItems(page=following), SYSTEM)
        assert page.total is None
        yield list(page.items)


def lamps(ann: User) -> list[Item]:
    """Twelve, of which many share a title, a status or a moment."""
    return [
        an_item(
            owner_id=ann.id,
            title=f"Lamp {number % 3}",
            created_at=CREATED + HOUR * (number % 4),
        )
        for number in range(12)
    ]


@pytest.mark.parametrize(
    "sort",
    [None, "title", "-title", "created_at", "title,created_at", "title,-created_at", "-status"],
)
@pytest.mark.parametrize("limit", [1, 5, 6, 12, 13])
async def test_the_pages_together_are_the_list(
    service: Service, ann: User, sort: str | None, limit: int
) -> None:
    await service.add(*lamps(ann))
    whole = await service[ListItemsHandler](ListItems(page=PageRequest(sort=sort)), SYSTEM)

    walked = [page async for page in pages(service, PageRequest(limit=limit, sort=sort))]

    assert [item for page in walked for item in page] == list(whole.items)
    assert all(len(page) == limit for page in walked[:-1])
    assert 1 <= len(walked[-1]) <= limit
    assert whole.total == 12


async def test_skipping_pages_is_the_list_too(service: Service, ann: User) -> None:
    await service.add(*lamps(ann))
    handler = service[ListItemsHandler]
    whole = await handler(ListItems(), SYSTEM)

    for skip in (0, 5, 11, 12, 13, MAX_SKIP):
        page = await handler(ListItems(page=PageRequest(skip=skip, limit=5)), SYSTEM)
        assert list(page.items) == list(whole.items)[skip : skip + 5]
        assert page.total == 12
        assert (page.next_cursor is not None) == (skip + 5 < 12)


async def test_ties_break_by_id_in_the_direction_of_the_sort(service: Service, ann: User) -> None:
    await service.add(*(tied := [an_item(owner_id=ann.id, title="Lamp") for _ in range(3)]))
    ids = [item.id for item in tied]

    for sort, expected in (("title", ids), ("-title", ids[::-1])):
        [page] = [page async for page in pages(service, PageRequest(sort=sort))]
        assert [item.id for item in page] == expected


async def test_text_sorts_by_code_point(service: Service, ann: User) -> None:
    titles = ["a", "B", "é", "Z", "10", "9", "_", "💡", "ﬀ"]
    await service.add(*(an_item(owner_id=ann.id, title=title) for title in titles))

    [page] = [page async for page in pages(service, PageRequest(sort="title"))]

    assert [item.title for item in page] == ["10", "9", "B", "Z", "_", "a", "é", "ﬀ", "💡"]


@pytest.mark.parametrize("sort", ["created_at", "-title", "title,-created_at"])
async def test_a_walk_visits_each_row_once_while_others_come_and_go(
    service: Service, ann: User, sort: str
) -> None:
    items = lamps(ann)
    staying, leaving = items[:8], items[8:]
    await service.add(*items)

    visited: list[ItemView] = []
    async for page in pages(service, PageRequest(limit=2, sort=sort)):
        visited += page
        await service.add(an_item(owner_id=ann.id, title="Lamp 1", created_at=CREATED + HOUR))
        if leaving:
            async with service.database() as uow:
                gone = await uow.items.get(leaving.pop().id)
                gone.delete(at=service.clock.now())
                await uow.items.save(gone)
                await uow.commit()
        if len(visited) > 40:
            break

    ids = [item.id for item in visited]
    assert len(ids) == len(set(ids))
    assert {item.id for item in staying} <= set(ids)
