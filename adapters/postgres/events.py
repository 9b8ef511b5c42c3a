"""What happened to things of any kind, in PostgreSQL: each kind has a table of its own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import attrs
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Delete,
    ForeignKey,
    Index,
    Insert,
    Integer,
    Table,
    Text,
    Update,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    text,
    tuple_,
)
from sqlalchemy.types import NullType

from adapters.postgres.committed_events import CommittedEvents
from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.query import Query, compile_query
from adapters.postgres.refusals import Refusals
from adapters.postgres.row import Row, table_of
from application.clock import NewId
from application.events.kind import EventKind
from application.events.ports import Event, EventPage, EventPlace, PlacedEvent
from domain.events import EventId, EventType

View_co = TypeVar("View_co", covariant=True)
Shown = TypeVar("Shown", bound=attrs.AttrsInstance)

_HORIZON = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
_NOW = compile_query(select(_HORIZON.label("horizon")))
_OWN = frozenset({"id", "transaction", "type"})


@attrs.frozen(kw_only=True)
class EventTable(Generic[View_co]):
    """Things of one kind as events left them. Rows are ordered by the transaction that wrote them,
    and read once every older transaction has ended, so that none is ever committed behind a
    reader."""

    kind: EventKind[View_co]
    table: Table
    copied: Mapping[str, str]
    """From the row of the thing: its columns, and what they are called here."""
    view: Callable[..., View_co]
    find: Query
    after: Query
    sweep: Query

    def noted(self, change: Insert | Update | Delete) -> Query:
        """The change and its event in one statement, which costs no round trip more than the
        change. Wants the values that `WrittenEvents.note` gives; to delete also `at_`, when it
        happens."""
        row = change.table.c
        changed = change.returning(*(row[name] for name in self.copied)).cte("changed")
        told: dict[str, ColumnElement[object]] = {name: changed.c[name] for name in self.copied}
        if isinstance(change, Delete):
            told["updated_at"] = bindparam("at_", type_=row["updated_at"].type)
        event = select(
            bindparam("event_id_", type_=Uuid()),
            bindparam("event_type_", type_=Text),
            *told.values(),
        )
        return compile_query(insert(self.table).from_select(self.written, event))

    @property
    def written(self) -> list[str]:
        """The columns that an event is written into: its id, its type, and what is copied."""
        return ["id", "type", *self.copied.values()]

    def refusals(self, source: Table, refusals: Refusals) -> Refusals:
        """The same of what is copied: an event that was written by the statement of its change is
        checked first."""
        prefix = f"fk_{source.name}_"
        return {
            constraint.replace(prefix, f"fk_{self.table.name}_", 1): refusal
            for constraint, refusal in refusals.items()
            if constraint.startswith(prefix)
        }

    def placed(self, record: Record) -> PlacedEvent[View_co]:
        # By position: the columns are chosen in the order of the fields.
        _, transaction, event_id, what, *subject = record
        place = EventPlace(transaction, EventId(event_id))
        event = Event(place.event_id, what.rpartition(".")[2], self.view(*subject))
        return PlacedEvent(place, event)


def event_table(kind: EventKind[Shown], row: type[Row]) -> EventTable[Shown]:
    """A column like the row's for each field of the view. One whose name is that of a column of the
    event's own, such as `id`, has the kind's in front. Of the row's keys only those of accounts are
    kept: what tells of one goes with it."""
    source = table_of(row)
    shown = [field.name for field in attrs.fields(kind.view)]
    copied = {name: _apart(name, kind.called, shown) for name in shown}
    table = Table(
        f"{kind.called}_events",
        source.metadata,
        Column("id", Uuid, primary_key=True),
        Column(
            "transaction",
            BigInteger,
            nullable=False,
            server_default=text("(pg_current_xact_id()::text::bigint)"),
        ),
        Column("type", Text(collation="C"), nullable=False),
        *(_copy(source.c[name], called) for name, called in copied.items()),
    )
    place = [table.c.transaction, table.c.id]
    Index(None, *place)
    for column in table.columns:
        if column.foreign_keys:
            Index(None, column)
    is_settled = (table.c.transaction < select(_HORIZON).scalar_subquery()).label("is_settled")
    read = select(is_settled, *place, table.c.type, *(table.c[each] for each in copied.values()))
    limit = bindparam("limit_", type_=Integer)
    given_place = tuple_(
        bindparam("transaction_", type_=BigInteger), bindparam("id_", type_=Uuid())
    )
    updated_at = table.c[copied["updated_at"]]
    oldest = (
        select(table.c.id, updated_at.label("at")).order_by(*place).limit(limit).subquery("oldest")
    )
    old = select(oldest.c.id).where(oldest.c.at < bindparam("before", type_=updated_at.type))
    return EventTable(
        kind=kind,
        table=table,
        copied=copied,
        view=kind.view,
        find=compile_query(read.where(table.c.id == bindparam("id_"))),
        after=compile_query(read.where(given_place < tuple_(*place)).order_by(*place).limit(limit)),
        sweep=compile_query(
            delete(table).where(table.c.id == any_(func.array(old.scalar_subquery())))
        ),
    )


def _apart(name: str, called: str, shown: Sequence[str]) -> str:
    """From the event's own columns, and from the others."""
    apart = name
    while apart in _OWN or (apart != name and apart in shown):
        apart = f"{called}_{apart}"
    return apart


def _copy(column: Column[object], called: str) -> Column[object]:
    accounts = (key for key in column.foreign_keys if key.target_fullname == "users.id")
    keys = [ForeignKey(key.target_fullname, ondelete="CASCADE") for key in accounts]
    # The type of a key is that of what it leads to, which may be declared later; ids are UUIDs.
    kind = Uuid() if isinstance(column.type, NullType) else column.type
    return Column(called, kind, *keys, nullable=column.nullable)


@attrs.frozen
class PostgresEventReader(Generic[View_co]):
    """Reads from the primary: a replica knows nothing of its running transactions."""

    events: EventTable[View_co]
    database: Database
    committed: CommittedEvents

    async def now(self) -> EventPlace:
        record = await self.database.row(_NOW, {})
        if record is None:
            raise TypeError("a SELECT of one row has one")
        return EventPlace(record["horizon"], EventId(UUID(int=0)))

    async def find(self, event_id: EventId) -> PlacedEvent[View_co] | None:
        record = await self.database.row(self.events.find, {"id_": event_id})
        if record is None or not record["is_settled"]:
            return None
        return self.events.placed(record)

    async def after(self, place: EventPlace, *, limit: int) -> EventPage[View_co]:
        records = await self.database.rows(
            self.events.after,
            {"transaction_": place.transaction, "id_": place.event_id, "limit_": limit},
        )
        settled = [self.events.placed(record) for record in records if record["is_settled"]]
        return EventPage(
            settled, has_more=len(settled) == limit, is_waiting=len(settled) < len(records)
        )

    async def wait(self) -> None:
        await self.committed.wait(self.events.kind.name)


@attrs.frozen
class PostgresEventHistory:
    connection: Connection
    tables: Sequence[EventTable[object]]

    async def sweep(self, *, before: datetime, limit: int) -> int:
        values = {"before": before, "limit_": limit}
        swept = [await self.connection.execute(each.sweep, values) for each in self.tables]
        return max(swept, default=0)


@attrs.define
class WrittenEvents:
    """Those of one transaction: what they are called, and which kinds have any."""

    new_id: NewId
    kinds: set[str] = attrs.field(factory=set, init=False)

    def note(self, events: EventTable[object], what: EventType) -> dict[str, object]:
        """What a statement that notes a change is to be given besides."""
        [event_id] = self.ids_of(events, 1)
        return {"event_id_": event_id, "event_type_": events.kind.type_of(what)}

    def ids_of(self, events: EventTable[object], count: int) -> list[UUID]:
        self.kinds.add(events.kind.name)
        return [self.new_id() for _ in range(count)]
