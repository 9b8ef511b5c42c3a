"""Things of the tests' own that can be followed: what every feature with events stands on is tried
on them, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

import attrs
from sqlalchemy.orm import Mapped, mapped_column

from adapters.memory.events import MemoryEventHistory, MemoryEventReader, note
from adapters.memory.tables import Tables
from adapters.memory.unit_of_work import MemoryDatabase
from adapters.postgres.entity_table import entity_table
from adapters.postgres.events import PostgresEventHistory, PostgresEventReader, event_table
from adapters.postgres.row import table_of
from adapters.postgres.unit_of_work import BeginPostgresUnitOfWork, PostgresUnitOfWork
from application.events.follow import Following
from application.events.kind import EventKind
from application.events.ports import EventHistory, EventReader
from domain.access import Permission, UserId
from domain.errors import NotFound
from domain.events import EventType
from entrypoints.bootstrap.running import Inside
from tests.apart import RowApart, tables_in
from tests.builders import CREATED, new_id


class ThingRow(RowApart):
    # As no feature is called that somebody makes.
    __tablename__ = "tests_things"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    type: Mapped[str]
    transaction: Mapped[int | None]
    tests_thing_type: Mapped[str]
    secret: Mapped[str]
    updated_at: Mapped[datetime]
    version: Mapped[int]


@attrs.define(kw_only=True)
class Thing:
    """Some of its fields are called like the columns that an event has of its own."""

    id: UUID = attrs.field(factory=new_id)
    owner_id: UserId = attrs.field(factory=lambda: UserId(new_id()))
    type: str = "lamp"
    transaction: int | None = 7
    tests_thing_type: str = "brass"
    secret: str = "not shown"
    updated_at: datetime = CREATED
    version: int = 1


@attrs.frozen
class ThingView:
    id: UUID
    owner_id: UserId
    type: str
    transaction: int | None
    tests_thing_type: str
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, thing: Thing) -> Self:
        return cls(**{field.name: getattr(thing, field.name) for field in attrs.fields(cls)})


KIND = EventKind(
    name="tests_things",
    called="tests_thing",
    view=ThingView,
    permission=Permission.USERS_READ,
    owner_of=lambda thing: thing.owner_id,
)


@attrs.define(eq=False)
class FollowThings(Following[ThingView]):
    kind = KIND
    reader: EventReader[ThingView]


EVENTS = event_table(KIND, ThingRow)
THINGS = entity_table(Thing, ThingRow, not_found=NotFound, refusals={}, events=EVENTS)
TABLES = (table_of(ThingRow), EVENTS.table)


class ChangingThings(Protocol):
    """In one transaction."""

    @property
    def events(self) -> EventHistory: ...

    async def add(self, *things: Thing) -> None: ...

    async def save(self, thing: Thing) -> None: ...

    async def remove(self, thing: Thing, *, at: datetime) -> None: ...

    async def commit(self) -> None: ...


class Things(Protocol):
    @property
    def reader(self) -> EventReader[ThingView]: ...

    def begin(self) -> AbstractAsyncContextManager[ChangingThings]: ...


async def add(things: Things, *added: Thing) -> None:
    async with things.begin() as changing:
        await changing.add(*added)
        await changing.commit()


@attrs.frozen
class _ChangingInMemory:
    _database: MemoryDatabase
    _tables: Tables

    @property
    def events(self) -> MemoryEventHistory:
        return MemoryEventHistory(self._tables)

    async def add(self, *things: Thing) -> None:
        for thing in things:
            self._note(thing, EventType.CREATED, thing.updated_at)

    async def save(self, thing: Thing) -> None:
        thing.version += 1
        self._note(thing, EventType.UPDATED, thing.updated_at)

    async def remove(self, thing: Thing, *, at: datetime) -> None:
        self._note(thing, EventType.DELETED, at)

    async def commit(self) -> None:
        self._database.publish(self._tables)

    def _note(self, thing: Thing, what: EventType, at: datetime) -> None:
        view = attrs.evolve(ThingView.of(thing), updated_at=at)
        note(self._tables, view, what, at=at)


@attrs.frozen
class MemoryThings:
    database: MemoryDatabase = attrs.field(factory=MemoryDatabase)
    reader: MemoryEventReader[ThingView] = attrs.field(init=False)

    @reader.default
    def _reads_here(self) -> MemoryEventReader[ThingView]:
        return MemoryEventReader(KIND, self.database)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[_ChangingInMemory]:
        yield _ChangingInMemory(self.database, self.database.tables.snapshot())


@attrs.frozen
class _ChangingInPostgres:
    _uow: PostgresUnitOfWork

    @property
    def events(self) -> PostgresEventHistory:
        return PostgresEventHistory(self._uow.connection, [EVENTS])

    async def add(self, *things: Thing) -> None:
        for thing in things:
            await THINGS.add(self._uow.connection, thing, self._note(EventType.CREATED))

    async def save(self, thing: Thing) -> None:
        await THINGS.save(self._uow.connection, thing, self._note(EventType.UPDATED))

    async def remove(self, thing: Thing, *, at: datetime) -> None:
        note = {**self._note(EventType.DELETED), "at_": at}
        await THINGS.remove(self._uow.connection, thing, note)

    async def commit(self) -> None:
        await self._uow.commit()

    def _note(self, what: EventType) -> dict[str, object]:
        return self._uow.written_events.note(EVENTS, what)


@attrs.frozen
class PostgresThings:
    _begin: BeginPostgresUnitOfWork
    reader: PostgresEventReader[ThingView]

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[_ChangingInPostgres]:
        async with self._begin() as uow:
            yield _ChangingInPostgres(uow)


def things_of(inside: Inside) -> PostgresThings:
    """Where there are tables for them."""
    begin = inside.ports.begin
    if not isinstance(begin, BeginPostgresUnitOfWork):
        raise TypeError("the service begins its units of work in another way")
    return PostgresThings(begin, PostgresEventReader(EVENTS, inside.database, begin.committed))


@asynccontextmanager
async def things_in(inside: Inside) -> AsyncIterator[PostgresThings]:
    """With tables in the database of this service, for as long as the block lasts."""
    async with tables_in(inside.database, *TABLES):
        yield things_of(inside)
