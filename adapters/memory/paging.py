"""Pages of views that are all at hand."""

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

import attrs

from application.paging import (
    BEST_FIRST,
    RANK,
    RANKED_AT_MOST,
    Position,
    Slice,
    Sort,
    SortKey,
    Window,
)


class _Identified(Protocol):
    @property
    def id(self) -> object: ...


View = TypeVar("View", bound=_Identified)


@attrs.frozen
class _Row(Generic[View]):
    view: View
    rank: float

    def holder_of(self, key: SortKey) -> object:
        return self if key.field == RANK else self.view


def page_of(
    views: Iterable[View], window: Window, rank: Callable[[View], float] = lambda _: 0
) -> Slice[View]:
    ordered = [_Row(view, rank(view)) for view in views]
    sort = window.sort
    if sort == BEST_FIRST and window.after is None and len(ordered) > RANKED_AT_MOST:
        sort = window.otherwise
    total = len(ordered) if window.with_total else None
    # Sorts are stable, so the least significant key goes first.
    for key in reversed(_with_id(sort)):
        ordered.sort(key=lambda row: getattr(row.holder_of(key), key.field), reverse=key.descending)
    if window.after is not None:
        position = window.after
        ordered = [row for row in ordered if _comes_after(row, position)]
    rest = ordered[window.skip :]
    rows = rest[: window.limit]
    following = None
    if len(rest) > window.limit:
        last = rows[-1]
        values = tuple(getattr(last.holder_of(key), key.field) for key in _with_id(sort))
        following = Position(sort=sort, values=values)
    return Slice(rows=[row.view for row in rows], total=total, next=following)


def _with_id(sort: Sort) -> Sort:
    return (*sort, SortKey("id", descending=sort[-1].descending))


def _comes_after(row: _Row[View], position: Position) -> bool:
    for key, value in zip(_with_id(position.sort), position.values, strict=True):
        own = getattr(row.holder_of(key), key.field)
        if own != value:
            return bool(own < value if key.descending else own > value)
    return False
