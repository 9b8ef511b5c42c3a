"""Filtered, sorted pages by offset and by key, compiled once per shape."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeAlias, TypeVar

import attrs
from sqlalchemy import (
    BinaryExpression,
    ColumnElement,
    Integer,
    Table,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from adapters.postgres.connection import Database, Record
from adapters.postgres.query import Query, compile_query
from application.paging import BEST_FIRST, RANK, RANKED_AT_MOST, Position, Slice, Sort, Window

View = TypeVar("View")

Ask: TypeAlias = Callable[[Query, Mapping[str, object]], Awaitable[Sequence[Record]]]
FEW = RANKED_AT_MOST

_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


@attrs.frozen(kw_only=True, eq=False)
class PostgresListing(Generic[View]):
    """What one list shows. A filter's condition names its value as a parameter of its own name."""

    table: Table
    columns: Sequence[ColumnElement[object]]
    conditions: Mapping[str, ColumnElement[bool]]
    tiebreak: str
    view: Callable[[Record], View]
    rank: ColumnElement[object] | None = None
    """How well a row matches, where a search can have the best first; more is better."""
    uneven: frozenset[str] = frozenset()
    """Filters that choose few rows by one value and many by another. PostgreSQL's guess at which it
    is may be far off, so it is counted first, no further than to `FEW`. Few rows are found by the
    filters and then sorted; of many, the order is walked along and the others left out."""

    async def page(
        self, database: Database, filters: Mapping[str, object], window: Window
    ) -> Slice[View]:
        """`filters` holds those that matter, with their values."""
        if not is_storable(filters):
            return Slice(rows=(), total=0 if window.with_total else None, next=None)
        present = frozenset(filters)
        total, are_few, ask = None, False, database.rows
        if present & self.uneven:
            ask = database.rows_afresh
            counted = await self._count(ask, _few_query(self, present), filters)
            if counted <= FEW:
                total, are_few = counted, True
            elif window.sort == BEST_FIRST and window.after is None:
                window = window.sorted_by(window.otherwise)
        values: dict[str, object] = {**filters, "limit_": window.limit + 1, "skip_": window.skip}
        if window.after is not None:
            values |= {f"after_{index}": each for index, each in enumerate(window.after.values)}
        query = _page_query(
            self,
            present,
            window.sort,
            positioned=window.after is not None,
            are_few=are_few or window.sort == BEST_FIRST,
        )
        records = await ask(query, values)
        following = None
        if len(records) > window.limit:
            last = records[window.limit - 1]
            names = [*(key.field for key in window.sort), self.tiebreak]
            following = Position(sort=window.sort, values=tuple(last[name] for name in names))
        if window.with_total and total is None:
            total = window.skip + len(records)
            if following is not None or (window.skip and not records):
                total = await self._count(ask, _count_query(self, present), filters)
        rows = [self.view(record) for record in records[: window.limit]]
        return Slice(rows=rows, total=total, next=following)

    async def _count(self, ask: Ask, query: Query, filters: Mapping[str, object]) -> int:
        [counted] = await ask(query, filters)
        total: int = counted["total"]
        return total

    async def stream(
        self, database: Database, filters: Mapping[str, object], sort: Sort
    ) -> AsyncIterator[View]:
        if not is_storable(filters):
            return
        query = _stream_query(self, frozenset(filters), sort)
        async for record in database.stream(query, filters):
            yield self.view(record)

    def order(self, sort: Sort) -> list[tuple[ColumnElement[object], bool]]:
        """Columns and whether they descend; the tiebreak follows the last key."""
        keys = [(self.column(key.field), key.descending) for key in sort]
        return [*keys, (self.table.c[self.tiebreak], sort[-1].descending)]

    def column(self, field: str) -> ColumnElement[object]:
        if field != RANK:
            return self.table.c[field]
        if self.rank is None:
            raise TypeError(f"{self.table.name} are not searched")
        return self.rank

    def where(self, present: frozenset[str]) -> list[ColumnElement[bool]]:
        return [self.conditions[name] for name in sorted(present)]

    def where_along(self, present: frozenset[str], sort: Sort) -> list[ColumnElement[bool]]:
        """The same, so that no index is of use but one in this order."""
        return [
            condition.is_(true())
            if name in self.uneven and not _compares(condition, sort[0].field)
            else condition
            for name, condition in zip(sorted(present), self.where(present), strict=True)
        ]


def _compares(condition: ColumnElement[bool], field: str) -> bool:
    return isinstance(condition, BinaryExpression) and condition.left.key == field


def is_storable(value: object) -> bool:
    """Whether PostgreSQL can hold it at all; what it can't hold, it can't be asked for either."""
    if isinstance(value, str):
        return _NOT_STORABLE.search(value) is None
    if isinstance(value, Mapping):
        return all(is_storable(key) and is_storable(each) for key, each in value.items())
    if isinstance(value, list):
        return all(map(is_storable, value))
    return True


@lru_cache(maxsize=1024)
def _page_query(
    listing: PostgresListing[object],
    present: frozenset[str],
    sort: Sort,
    *,
    positioned: bool,
    are_few: bool,
) -> Query:
    columns = listing.columns
    if sort == BEST_FIRST:
        columns = [*columns, listing.column(RANK).label(RANK)]
    order = listing.order(sort)
    if are_few:
        # The offset keeps PostgreSQL from sorting before it has found them.
        found = select(*columns).where(*listing.where(present)).offset(0).subquery("found")
        statement = select(*found.c)
        names = [*(key.field for key in sort), listing.tiebreak]
        order = [
            (found.c[name], descends) for name, (_, descends) in zip(names, order, strict=True)
        ]
    else:
        statement = select(*columns).where(*listing.where_along(present, sort))
    if positioned:
        statement = statement.where(_behind(order))
    statement = statement.order_by(*_order_by(order)).limit(bindparam("limit_", type_=Integer))
    if not positioned:
        statement = statement.offset(bindparam("skip_", type_=Integer))
    return compile_query(statement)


@lru_cache(maxsize=1024)
def _count_query(listing: PostgresListing[object], present: frozenset[str]) -> Query:
    return compile_query(
        select(func.count().label("total"))
        .select_from(listing.table)
        .where(*listing.where(present))
    )


@lru_cache(maxsize=1024)
def _few_query(listing: PostgresListing[object], present: frozenset[str]) -> Query:
    """Counts no further than to what are not few any more."""
    some = select(literal(1)).select_from(listing.table).where(*listing.where(present))
    few = some.limit(FEW + 1).subquery("few")
    return compile_query(select(func.count().label("total")).select_from(few))


@lru_cache(maxsize=1024)
def _stream_query(listing: PostgresListing[object], present: frozenset[str], sort: Sort) -> Query:
    order = _order_by(listing.order(sort))
    return compile_query(select(*listing.columns).where(*listing.where(present)).order_by(*order))


def _order_by(order: Sequence[tuple[ColumnElement[object], bool]]) -> list[ColumnElement[object]]:
    return [column.desc() if descending else column.asc() for column, descending in order]


def _behind(order: Sequence[tuple[ColumnElement[object], bool]]) -> ColumnElement[bool]:
    """Rows that come after the one with the values `after_0` and so on."""
    columns = [column for column, _ in order]
    values = [bindparam(f"after_{i}", type_=column.type) for i, column in enumerate(columns)]
    if len({descending for _, descending in order}) == 1:
        # One comparison of rows, which an index over these columns answers directly.
        left, right = tuple_(*columns), tuple_(*values)
        return left < right if order[0][1] else left > right
    first, descends = order[0]
    # Nothing in front of it, which an index over the first column can do.
    bound = first <= values[0] if descends else first >= values[0]
    alternatives = []
    for i, (column, descending) in enumerate(order):
        further = column < values[i] if descending else column > values[i]
        alternatives.append(and_(*map(_equal, columns[:i], values[:i]), further))
    return and_(bound, or_(*alternatives))


def _equal(column: ColumnElement[object], value: ColumnElement[object]) -> ColumnElement[bool]:
    return column == value
