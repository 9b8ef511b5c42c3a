"""Lists: sorting by allowed fields, and pages by offset or by key."""

from collections.abc import Collection, Sequence
from typing import Generic, Protocol, TypeVar

import attrs

from domain.errors import Invalid

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
MAX_SKIP = 2**31 - 1

View = TypeVar("View")


@attrs.frozen
class SortKey:
    field: str
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.field}" if self.descending else self.field


Sort = tuple[SortKey, ...]

RANK = "rank"
BEST_FIRST: Sort = (SortKey(RANK, descending=True),)
"""By how well rows match the words that are looked for; nobody can ask for it by name."""
RANKED_AT_MOST = 2000
"""Where more rows match, the words say little, and the newest come first: to rank a row means to
read it, and so the cost of a page has a bound."""


def parse_sort(text: str, *, allowed: Collection[str]) -> Sort:
    """`-created_at,title` as keys; `Invalid` for a field that can't be sorted by."""
    keys: list[SortKey] = []
    for part in text.split(","):
        name = part.strip()
        key = SortKey(name.removeprefix("-"), descending=name.startswith("-"))
        if key.field not in allowed or key.field in {earlier.field for earlier in keys}:
            raise Invalid.field(
                "sort", "invalid_sort", f"must list some of {', '.join(sorted(allowed))}, each once"
            )
        keys.append(key)
    return tuple(keys)


@attrs.frozen(kw_only=True)
class PageRequest:
    """Which page a caller asks for: `cursor` wins over `skip`. `sort` None is the list's own."""

    limit: int = attrs.field(default=DEFAULT_LIMIT)
    skip: int = attrs.field(default=0)
    cursor: str | None = None
    sort: str | None = None

    @limit.validator
    def _limit_is_bounded(self, _: object, limit: int) -> None:
        if not 1 <= limit <= MAX_LIMIT:
            raise Invalid.field("limit", "out_of_range", f"must be from 1 to {MAX_LIMIT}")

    @skip.validator
    def _skip_is_bounded(self, _: object, skip: int) -> None:
        if not 0 <= skip <= MAX_SKIP:
            raise Invalid.field("skip", "out_of_range", f"must be from 0 to {MAX_SKIP}")


@attrs.frozen(kw_only=True)
class Position:
    """Where a page starts: behind the row whose sort fields, then id, have these values."""

    sort: Sort
    values: tuple[object, ...]


class Cursors(Protocol):
    """Positions as text that a client passes back as it came, and can't forge."""

    def encode(self, listing: str, position: Position) -> str: ...

    def decode(self, listing: str, cursor: str) -> Position:
        """Raise `Invalid` for anything that `encode` did not make for this listing."""
        ...


@attrs.frozen(kw_only=True)
class Window:
    """What a reader is asked for. The id breaks ties, in the direction of the last sort key."""

    limit: int
    skip: int
    sort: Sort
    after: Position | None
    with_total: bool
    otherwise: Sort = ()
    """The sort where too many match to have the best first."""

    def sorted_by(self, sort: Sort) -> "Window":
        return attrs.evolve(self, sort=sort)


@attrs.frozen(kw_only=True)
class Slice(Generic[View]):
    """What a reader answers: at most `limit` rows, and where those behind them start."""

    rows: Sequence[View]
    total: int | None
    next: Position | None

    @property
    def has_more(self) -> bool:
        return self.next is not None


@attrs.frozen(kw_only=True)
class Page(Generic[View]):
    items: Sequence[View]
    total: int | None
    next_cursor: str | None


@attrs.frozen(kw_only=True)
class Listing:
    """What one list can be sorted by, declared once per resource."""

    name: str
    sortable: frozenset[str]
    default_sort: Sort

    def window(self, request: PageRequest, cursors: Cursors, *, is_search: bool = False) -> Window:
        """A search has the best first, unless it is asked for another sort."""
        sort = BEST_FIRST if is_search else self.default_sort
        if request.sort is not None:
            sort = parse_sort(request.sort, allowed=self.sortable)
        after = None
        if request.cursor is not None:
            after = cursors.decode(self.name, request.cursor)
            is_known = {key.field for key in after.sort} <= self.sortable
            if not is_known and not (is_search and after.sort == BEST_FIRST):
                raise Invalid.field("cursor", "invalid_cursor", "is of another version; start anew")
            if request.sort is not None and after.sort != sort:
                raise Invalid.field("sort", "invalid_sort", "must be the sort of the cursor")
            sort = after.sort
        return Window(
            limit=request.limit,
            skip=request.skip if after is None else 0,
            sort=sort,
            after=after,
            with_total=after is None,
            otherwise=self.default_sort,
        )

    def page(self, rows: Slice[View], cursors: Cursors) -> Page[View]:
        next_cursor = None
        if rows.next is not None:
            next_cursor = cursors.encode(self.name, rows.next)
        return Page(items=rows.rows, total=rows.total, next_cursor=next_cursor)
