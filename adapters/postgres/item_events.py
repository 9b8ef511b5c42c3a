"""What happened to items, in PostgreSQL."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NoReturn, Protocol
from uuid import UUID

import attrs
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from application.clock import NewId
from application.items.ports import EventPlace, ItemEventPage, PlacedItemEvent
from application.items.views import ItemEventView, ItemView
from domain.errors import Unavailable
from domain.items import ItemEventId, ItemId

CHANNEL = "tessera_item_events"
# NOTIFY takes less than 8000 bytes.
_MOST_NAMED = 200

_log = logging.getLogger(__name__)


class KeptItems(Protocol):
    """Items as they were shown lately."""

    async def drop(self, item_ids: Collection[ItemId]) -> None:
        """They have changed, and that is about to be acknowledged."""
        ...

    def forget(self, item_ids: Collection[ItemId]) -> None:
        """Another process has changed them. It is not told of all: messages get lost."""
        ...


class NothingKept:
    async def drop(self, item_ids: Collection[ItemId]) -> None:
        pass

    def forget(self, item_ids: Collection[ItemId]) -> None:
        pass


class ItemEventRow(Row):
    """An item as an event left it. Rows are ordered by the transaction that wrote them and read
    once every older transaction has ended, so that none is ever committed behind a reader."""

    __tablename__ = "item_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    transaction: Mapped[int] = mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text::bigint)")
    )
    type: Mapped[str]
    item_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[str]
    attributes: Mapped[dict[str, object]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]


Index("ix_item_events_transaction_id", ItemEventRow.transaction, ItemEventRow.id)
Index("ix_item_events_owner_id", ItemEventRow.owner_id)

_TABLE = table_of(ItemEventRow)
_ITEM = [
    _TABLE.c["item_id" if field.name == "id" else field.name] for field in attrs.fields(ItemView)
]
COPIED = {column.name: column.name.removeprefix("item_") for column in _ITEM}
"""From an item's row: the columns of an event, by those that they are copied from."""

_HORIZON = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
_IS_SETTLED = (ItemEventRow.transaction < select(_HORIZON).scalar_subquery()).label("is_settled")
_SHOWN = [_IS_SETTLED, ItemEventRow.transaction, ItemEventRow.id, ItemEventRow.type, *_ITEM]
_PLACE = tuple_(ItemEventRow.transaction, ItemEventRow.id)
_NOW = compile_query(select(_HORIZON.label("horizon")))
_FIND = compile_query(select(*_SHOWN).where(ItemEventRow.id == bindparam("id_")))
_AFTER = compile_query(
    select(*_SHOWN)
    .where(
        tuple_(
            bindparam("transaction_", type_=BigInteger),
            bindparam("id_", type_=_TABLE.c.id.type),
        )
        < _PLACE
    )
    .order_by(ItemEventRow.transaction, ItemEventRow.id)
    .limit(bindparam("limit_", type_=Integer))
)
_OLDEST = (
    select(ItemEventRow.id, ItemEventRow.updated_at)
    .order_by(ItemEventRow.transaction, ItemEventRow.id)
    .limit(bindparam("limit_", type_=Integer))
    .subquery("oldest")
)
_SWEEP = compile_query(
    delete(ItemEventRow).where(
        ItemEventRow.id
        == any_(
            func.array(
                select(_OLDEST.c.id)
                .where(_OLDEST.c.updated_at < bindparam("before", type_=_TABLE.c.updated_at.type))
                .scalar_subquery()
            )
        )
    )
)
_NOTIFY = compile_query(
    select(func.pg_notify(literal(CHANNEL, Text), bindparam("payload", type_=Text)))
)


async def sweep(connection: Connection, *, before: datetime, limit: int) -> int:
    return await connection.execute(_SWEEP, {"before": before, "limit_": limit})


def _placed(record: Record) -> PlacedItemEvent:
    # By position: the columns are chosen in the order of the fields.
    _, transaction, event_id, kind, *item = record
    event_id = ItemEventId(event_id)
    return PlacedItemEvent(
        EventPlace(transaction, event_id), ItemEventView(event_id, kind, ItemView(*item))
    )


@attrs.frozen
class PostgresItemEventReader:
    """Reads from the primary: a replica knows nothing of its running transactions."""

    database: Database

    async def now(self) -> EventPlace:
        record = await self.database.row(_NOW, {})
        if record is None:
            raise TypeError("a SELECT of one row has one")
        return EventPlace(record["horizon"], ItemEventId(UUID(int=0)))

    async def find(self, event_id: ItemEventId) -> PlacedItemEvent | None:
        record = await self.database.row(_FIND, {"id_": event_id})
        return _placed(record) if record is not None and record["is_settled"] else None

    async def after(self, place: EventPlace, *, limit: int) -> ItemEventPage:
        records = await self.database.rows(
            _AFTER,
            {"transaction_": place.transaction, "id_": place.event_id, "limit_": limit},
        )
        settled = [_placed(record) for record in records if record["is_settled"]]
        return ItemEventPage(
            settled, has_more=len(settled) == limit, is_waiting=len(settled) < len(records)
        )


@attrs.define(eq=False)
class PostgresItemEvents:
    """What this process knows of events that were committed, and tells the others.

    A NOTIFY inside the transactions would make their commits wait for one another. It is sent
    behind them, for many at once; where it gets lost with its process, the others still look every
    second.
    """

    new_id: NewId
    kept: KeptItems = attrs.field(factory=NothingKept)
    _heard: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _untold: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _changed: set[ItemId] = attrs.field(factory=set, init=False)
    _name: str = attrs.field(init=False)

    @_name.default
    def _fresh_name(self) -> str:
        return str(self.new_id())

    async def wait(self) -> None:
        await self._heard.wait()
        self._heard.clear()

    def announce(self) -> None:
        """There is something to read, as of a commit here."""
        self._heard.set()
        self._untold.set()

    async def drop(self, item_ids: Collection[ItemId]) -> None:
        """Once this returns nobody here is shown what they were before; the others soon learn."""
        await self.kept.drop(item_ids)
        self._changed.update(item_ids)
        self._untold.set()

    def hear(self, payload: str) -> None:
        """Who tells, and the items that have changed, one a line."""
        name, *changed = payload.split("\n")
        if name != self._name:
            self._heard.set()
            self.kept.forget([ItemId(UUID(item_id)) for item_id in changed])

    def listen(self) -> None:
        """Whatever came before was heard by nobody."""
        self._heard.set()

    def go_deaf(self) -> None:
        """Whoever waits looks for themselves from time to time."""

    async def keep_telling(self, database: Database, *, every: float) -> NoReturn:
        while True:
            await self._untold.wait()
            self._untold.clear()
            try:
                for payload in self._payloads():
                    await database.run_once(Connection.row, _NOTIFY, {"payload": payload})
            except Unavailable as error:
                _log.warning("item events are not announced: %s", error.detail)
            await asyncio.sleep(every)

    def _payloads(self) -> list[str]:
        """At least one, though nothing but an event may have come of it."""
        changed, self._changed = [*map(str, self._changed)], set()
        starts = range(0, len(changed) or 1, _MOST_NAMED)
        return ["\n".join([self._name, *changed[i : i + _MOST_NAMED]]) for i in starts]


@attrs.define
class WrittenItemEvents:
    """Those of one transaction: what they are called, whether there are any, and which items are
    no longer what they were."""

    new_id: NewId
    any: bool = attrs.field(default=False, init=False)
    changed: set[ItemId] = attrs.field(factory=set, init=False)

    def called(self, values: Mapping[str, object]) -> dict[str, object]:
        [event_id] = self.ids_of(1)
        return {**values, "event_id_": event_id}

    def ids_of(self, count: int) -> list[UUID]:
        self.any = True
        return [self.new_id() for _ in range(count)]
