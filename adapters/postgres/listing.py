"""Filtered, sorted pages by offset and by key, compiled once per shape."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

import attrs
from sqlalchemy import ColumnElement, Integer, Table, and_, bindparam, func, or_, select, tuple_

from adapters.postgres.connection import Database, Record
from adapters.postgres.query import Query, compile_query
from application.paging import Slice, Sort, Window

View = TypeVar("View")

_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


@attrs.frozen(kw_only=True, eq=False)
class PostgresListing(Generic[View]):
    """What one list shows. A filter's condition names its value as a parameter of its own name."""

    table: Table
    columns: Sequence[ColumnElement[object]]
    conditions: Mapping[str, ColumnElement[bool]]
    tiebreak: str
    view: Callable[[Record], View]

    async def page(
        self, database: Database, filters: Mapping[str, object], window: Window
    ) -> Slice[View]:
        """`filters` holds those that matter, with their values."""
        if not is_storable(filters):
            return Slice(rows=(), has_more=False, total=0 if window.with_total else None)
        present = frozenset(filters)
        values: dict[str, object] = {**filters, "limit_": window.limit + 1, "skip_": window.skip}
        if window.after is not None:
            values |= {f"after_{index}": each for index, each in enumerate(window.after.values)}
        query = _page_query(self, present, window.sort, positioned=window.after is not None)
        records = await database.rows(query, values)
        has_more = len(records) > window.limit
        total = None
        if window.with_total:
            total = window.skip + len(records)
            if has_more or (window.skip and not records):
                [counted] = await database.rows(_count_query(self, present), filters)
                total = counted["total"]
        rows = [self.view(record) for record in records[: window.limit]]
        return Slice(rows=rows, has_more=has_more, total=total)

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
        keys = [(self.table.c[key.field], key.descending) for key in sort]
        return [*keys, (self.table.c[self.tiebreak], sort[-1].descending)]

    def where(self, present: frozenset[str]) -> list[ColumnElement[bool]]:
        return [self.conditions[name] for name in sorted(present)]


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
    listing: PostgresListing[object], present: frozenset[str], sort: Sort, *, positioned: bool
) -> Query:
    order = listing.order(sort)
    statement = select(*listing.columns).where(*listing.where(present))
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
    alternatives = []
    for i, (column, descending) in enumerate(order):
        further = column < values[i] if descending else column > values[i]
        alternatives.append(and_(*map(_equal, columns[:i], values[:i]), further))
    return or_(*alternatives)


def _equal(column: ColumnElement[object], value: ColumnElement[object]) -> ColumnElement[bool]:
    return column == value
