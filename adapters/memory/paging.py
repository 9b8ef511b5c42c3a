"""Pages of views that are all at hand."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from application.paging import Position, Slice, Sort, SortKey, Window


class _Identified(Protocol):
    @property
    def id(self) -> object: ...


View = TypeVar("View", bound=_Identified)


def page_of(views: Iterable[View], window: Window) -> Slice[View]:
    ordered = list(views)
    total = len(ordered) if window.with_total else None
    # Sorts are stable, so the least significant key goes first.
    for key in reversed(_with_id(window.sort)):
        ordered.sort(key=lambda view: getattr(view, key.field), reverse=key.descending)
    if window.after is not None:
        position = window.after
        ordered = [view for view in ordered if _comes_after(view, position)]
    rest = ordered[window.skip :]
    return Slice(rows=rest[: window.limit], has_more=len(rest) > window.limit, total=total)


def _with_id(sort: Sort) -> Sort:
    return (*sort, SortKey("id", descending=sort[-1].descending))


def _comes_after(view: _Identified, position: Position) -> bool:
    for key, value in zip(_with_id(position.sort), position.values, strict=True):
        own = getattr(view, key.field)
        if own != value:
            return bool(own < value if key.descending else own > value)
    return False
