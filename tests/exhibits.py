"""Exhibits of the tests' own that can be listed in every way there is: what the lists of all
features stand on is tried on them, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Protocol
from uuid import UUID

import attrs
from sqlalchemy import Computed, bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from adapters.memory.filtering import is_chosen_by, rank_by
from adapters.memory.paging import page_of
from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.filtering import conditions_of, filters_of
from adapters.postgres.listing import PostgresListing
from adapters.postgres.query import compile_query
from adapters.postgres.row import table_of
from adapters.postgres.search import has_words, rank
from application.filtering import (
    AtLeast,
    Before,
    Contains,
    Equals,
    Filter,
    HasPart,
    HasWords,
    IsSet,
)
from application.paging import Slice, SortKey, Window
from domain.text import Json
from tests.apart import RowApart, tables_in
from tests.builders import CREATED, new_id

OLDEST_FIRST = (SortKey("created_at"),)


@attrs.frozen(kw_only=True)
class Exhibit:
    id: UUID = attrs.field(factory=new_id)
    title: str = "Lamps"
    about: str | None = None
    kind: str = "vase"
    weight: int | None = None
    facts: dict[str, Json] = attrs.field(factory=dict, hash=False)
    created_at: datetime = CREATED


@attrs.frozen(kw_only=True)
class ExhibitFilter(Filter):
    q: Annotated[str | None, HasWords(("title", "about"))] = None
    part: Annotated[str | None, HasPart(("title", "about"))] = None
    kind: Annotated[str | None, Equals("kind")] = None
    weight_from: Annotated[int | None, AtLeast("weight")] = None
    weight_to: Annotated[int | None, Before("weight")] = None
    facts: Annotated[dict[str, Json] | None, Contains("facts")] = None
    described: Annotated[bool | None, IsSet("about")] = None


class Exhibits(Protocol):
    async def add(self, *exhibits: Exhibit) -> None: ...

    async def remove(self, exhibit: Exhibit) -> None: ...

    async def page(self, chosen: ExhibitFilter, window: Window) -> Slice[Exhibit]: ...

    def stream(self, chosen: ExhibitFilter) -> AsyncIterator[Exhibit]:
        """The oldest first."""
        ...


@attrs.frozen
class MemoryExhibits:
    _exhibits: list[Exhibit] = attrs.field(factory=list, init=False)

    async def add(self, *exhibits: Exhibit) -> None:
        self._exhibits.extend(exhibits)

    async def remove(self, exhibit: Exhibit) -> None:
        self._exhibits.remove(exhibit)

    async def page(self, chosen: ExhibitFilter, window: Window) -> Slice[Exhibit]:
        return page_of(self._chosen(chosen), window, rank_by(chosen.q, "title", "about"))

    async def stream(self, chosen: ExhibitFilter) -> AsyncIterator[Exhibit]:
        for exhibit in sorted(self._chosen(chosen), key=attrgetter("created_at", "id")):
            yield exhibit

    def _chosen(self, chosen: ExhibitFilter) -> list[Exhibit]:
        is_chosen = is_chosen_by(chosen)
        return [exhibit for exhibit in self._exhibits if is_chosen(exhibit)]


class ExhibitRow(RowApart):
    __tablename__ = "tests_exhibits"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    about: Mapped[str | None]
    kind: Mapped[str]
    weight: Mapped[int | None]
    facts: Mapped[dict[str, object]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("to_tsvector('simple', title || ' ' || coalesce(about, ''))", persisted=True),
    )


_TABLE = table_of(ExhibitRow)
_SHOWN = [_TABLE.c[field.name] for field in attrs.fields(Exhibit)]
_GIVEN = (
    func.unnest(*(bindparam(each.name, type_=ARRAY(each.type)) for each in _SHOWN))
    .table_valued(*(each.name for each in _SHOWN))
    .render_derived()
)
_ADD = compile_query(
    insert(ExhibitRow).from_select([each.name for each in _SHOWN], select(*_GIVEN.c))
)
_REMOVE = compile_query(delete(ExhibitRow).where(ExhibitRow.id == bindparam("id_")))


def _exhibit(record: Record) -> Exhibit:
    return Exhibit(**{each.name: record[each.name] for each in _SHOWN})


_LISTING = PostgresListing(
    table=_TABLE,
    columns=_SHOWN,
    conditions=conditions_of(ExhibitFilter, _TABLE, q=has_words(ExhibitRow.search)),
    tiebreak="id",
    view=_exhibit,
    rank=rank(ExhibitRow.title, ExhibitRow.search),
    uneven=frozenset({"q", "kind", "facts"}),
)


@attrs.frozen
class PostgresExhibits:
    _database: Database

    async def add(self, *exhibits: Exhibit) -> None:
        values = {
            each.name: [getattr(exhibit, each.name) for exhibit in exhibits] for each in _SHOWN
        }
        await self._database.run_once(Connection.execute, _ADD, values)

    async def remove(self, exhibit: Exhibit) -> None:
        await self._database.run_once(Connection.execute, _REMOVE, {"id_": exhibit.id})

    async def page(self, chosen: ExhibitFilter, window: Window) -> Slice[Exhibit]:
        return await _LISTING.page(self._database, filters_of(chosen), window)

    def stream(self, chosen: ExhibitFilter) -> AsyncIterator[Exhibit]:
        return _LISTING.stream(self._database, filters_of(chosen), OLDEST_FIRST)


@asynccontextmanager
async def exhibits_in(database: Database) -> AsyncIterator[PostgresExhibits]:
    async with tables_in(database, _TABLE):
        yield PostgresExhibits(database)
