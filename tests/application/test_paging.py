"""Sorting and paging, whatever the list."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import attrs
import pytest

from adapters.memory.paging import page_of
from adapters.memory.security import PlainCursors
from application.paging import (
    MAX_LIMIT,
    MAX_SKIP,
    Cursors,
    Listing,
    Page,
    PageRequest,
    Position,
    SortKey,
    parse_sort,
)
from application.users.listing import USERS
from domain.errors import Invalid
from tests.builders import CREATED, new_id

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
        USERS.window(PageRequest(cursor=cursor), cursors)
    assert refusal.value.errors[0].field == "cursor"


@attrs.frozen
class Lamp:
    id: UUID = attrs.field(factory=new_id, init=False)
    title: str = "Lamp"
    created_at: datetime = CREATED


@attrs.frozen
class Lamps:
    """A list of them, as use cases answer it."""

    lamps: list[Lamp]
    cursors: Cursors = attrs.field(factory=PlainCursors, init=False)

    def page(self, request: PageRequest) -> Page[Lamp]:
        window = LISTING.window(request, self.cursors)
        return LISTING.page(page_of(self.lamps, window), self.cursors)

    def pages(self, request: PageRequest) -> Iterator[list[Lamp]]:
        page = self.page(request)
        yield list(page.items)
        while page.next_cursor is not None:
            page = self.page(PageRequest(limit=request.limit, cursor=page.next_cursor))
            assert page.total is None
            yield list(page.items)


def twelve_lamps() -> list[Lamp]:
    """Of which many share a title or a moment."""
    return [
        Lamp(title=f"Lamp {number % 3}", created_at=CREATED + HOUR * (number % 4))
        for number in range(12)
    ]


@pytest.mark.parametrize(
    "sort", [None, "title", "-title", "created_at", "title,created_at", "title,-created_at"]
)
@pytest.mark.parametrize("limit", [1, 5, 6, 12, 13])
def test_the_pages_together_are_the_list(sort: str | None, limit: int) -> None:
    lamps = Lamps(twelve_lamps())
    whole = lamps.page(PageRequest(sort=sort))

    walked = list(lamps.pages(PageRequest(limit=limit, sort=sort)))

    assert [lamp for page in walked for lamp in page] == list(whole.items)
    assert all(len(page) == limit for page in walked[:-1])
    assert 1 <= len(walked[-1]) <= limit
    assert whole.total == 12


def test_skipping_pages_is_the_list_too() -> None:
    lamps = Lamps(twelve_lamps())
    whole = lamps.page(PageRequest())

    for skip in (0, 5, 11, 12, 13, MAX_SKIP):
        page = lamps.page(PageRequest(skip=skip, limit=5))
        assert list(page.items) == list(whole.items)[skip : skip + 5]
        assert page.total == 12
        assert (page.next_cursor is not None) == (skip + 5 < 12)


def test_ties_break_by_id_in_the_direction_of_the_sort() -> None:
    tied = [Lamp() for _ in range(3)]

    for sort, expected in (("title", tied), ("-title", tied[::-1])):
        [page] = Lamps(tied).pages(PageRequest(sort=sort))
        assert page == expected


def test_text_sorts_by_code_point() -> None:
    titles = ["a", "B", "é", "Z", "10", "9", "_", "💡", "ﬀ"]

    [page] = Lamps([Lamp(title) for title in titles]).pages(PageRequest(sort="title"))

    assert [lamp.title for lamp in page] == ["10", "9", "B", "Z", "_", "a", "é", "ﬀ", "💡"]


@pytest.mark.parametrize("sort", ["created_at", "-title", "title,-created_at"])
def test_a_walk_visits_each_row_once_while_others_come_and_go(sort: str) -> None:
    lamps = twelve_lamps()
    staying, leaving = lamps[:8], lamps[8:]

    visited: list[Lamp] = []
    for page in Lamps(lamps).pages(PageRequest(limit=2, sort=sort)):
        visited += page
        lamps.append(Lamp("Lamp 1", CREATED + HOUR))
        if leaving:
            lamps.remove(leaving.pop())
        if len(visited) > 40:
            break

    assert len(visited) == len(set(visited))
    assert set(staying) <= set(visited)
