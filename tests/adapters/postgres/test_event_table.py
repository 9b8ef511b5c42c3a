"""Any row can have events: changes are noted by the statements that make them."""

from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from adapters.postgres.connection import Connection
from adapters.postgres.entity_table import entity_table
from adapters.postgres.events import WrittenEvents, event_table
from adapters.postgres.row import Row, table_of
from application.events.kind import EventKind
from application.events.ports import Event
from domain.access import Permission
from domain.errors import NotFound
from domain.events import EventType
from entrypoints.bootstrap.running import Inside
from tests.builders import CREATED, LATER, UPDATED, new_id

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class RowApart(Row):
    """Of a table that the service does not have."""

    __abstract__ = True
    metadata = MetaData(naming_convention=Row.metadata.naming_convention)


class ThingRow(RowApart):
    __tablename__ = "things"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    transaction: Mapped[int | None]
    thing_type: Mapped[str]
    secret: Mapped[str]
    updated_at: Mapped[datetime]
    version: Mapped[int]


@attrs.define(kw_only=True)
class Thing:
    """Its fields are called like the columns that an event has of its own."""

    id: UUID = attrs.field(factory=new_id)
    type: str = "lamp"
    transaction: int | None = 7
    thing_type: str = "brass"
    secret: str = "not shown"
    updated_at: datetime = CREATED
    version: int = 1


@attrs.frozen
class ThingView:
    id: UUID
    type: str
    transaction: int | None
    thing_type: str
    updated_at: datetime
    version: int


KIND = EventKind(name="things", called="thing", view=ThingView, permission=Permission.ITEMS_READ)
EVENTS = event_table(KIND, ThingRow)
THINGS = entity_table(Thing, ThingRow, not_found=NotFound, refusals={}, events=EVENTS)


async def told(connection: Connection) -> list[Event[ThingView]]:
    values = {"transaction_": 0, "id_": UUID(int=0), "limit_": 10}
    return [EVENTS.placed(each).event for each in await connection.rows(EVENTS.after, values)]


async def test_tells_how_each_change_left_the_row_and_when_it_went(inside: Inside) -> None:
    written = WrittenEvents(new_id)
    thing = Thing()
    # Which is never committed, and the tables with it.
    async with inside.database.transaction() as connection:
        for table in (table_of(ThingRow), EVENTS.table):
            await connection.command(str(CreateTable(table).compile(dialect=DIALECT)))
        await THINGS.add(connection, thing, written.note(EVENTS, EventType.CREATED))
        thing.type, thing.updated_at = "lantern", UPDATED
        await THINGS.save(connection, thing, written.note(EVENTS, EventType.UPDATED))
        gone = {**written.note(EVENTS, EventType.DELETED), "at_": LATER}
        await THINGS.remove(connection, thing, gone)
        events = await told(connection)
        assert await THINGS.find(connection, thing.id, lock=False) is None

    assert [(event.type, event.subject) for event in events] == [
        (EventType.CREATED, ThingView(thing.id, "lamp", 7, "brass", CREATED, 1)),
        (EventType.UPDATED, ThingView(thing.id, "lantern", 7, "brass", UPDATED, 2)),
        (EventType.DELETED, ThingView(thing.id, "lantern", 7, "brass", LATER, 2)),
    ]
    assert written.kinds == {"things"}


def test_keeps_what_is_shown_and_nothing_else() -> None:
    columns = [column.name for column in EVENTS.table.columns]

    assert columns[:3] == ["id", "transaction", "type"]
    assert columns[3:] == [
        "thing_id",
        "thing_thing_type",
        "thing_transaction",
        "thing_type",
        "updated_at",
        "version",
    ]
