"""Asking readers for pages, and walking through all of them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from application.paging import Position, Slice, SortKey, Window

View = TypeVar("View")


def a_window(
    sort: str = "created_at",
    *,
    limit: int = 100,
    skip: int = 0,
    after: Position | None = None,
    with_total: bool = True,
) -> Window:
    keys = tuple(
        SortKey(name.removeprefix("-"), descending=name.startswith("-")) for name in sort.split(",")
    )
    return Window(
        limit=limit,
        skip=skip,
        sort=keys,
        after=after,
        with_total=with_total,
        otherwise=(SortKey("created_at", descending=True),),
    )


def position_of(view: object, sort: str) -> Position:
    """Behind this row."""
    keys = a_window(sort).sort
    fields = [key.field for key in keys] + ["id"]
    return Position(sort=keys, values=tuple(getattr(view, field) for field in fields))


async def walk(
    page: Callable[[Window], Awaitable[Slice[View]]], sort: str, *, limit: int
) -> list[list[View]]:
    """The rows of each page, by key, until there are no more."""
    after: Position | None = None
    pages: list[list[View]] = []
    while True:
        slice_ = await page(a_window(sort, limit=limit, after=after, with_total=after is None))
        assert slice_.rows or after is None, "there were said to be more"
        pages.append(list(slice_.rows))
        if slice_.next is None:
            return pages
        after = slice_.next
        sort = ",".join(map(str, after.sort))
