"""Items in PostgreSQL."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    Computed,
    ForeignKey,
    Index,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import entity_table
from adapters.postgres.events import WrittenEvents, event_table
from adapters.postgres.filtering import conditions_of, filters_of
from adapters.postgres.listing import PostgresListing
from adapters.postgres.query import Query, compile_query
from adapters.postgres.refusals import refused_as
from adapters.postgres.row import Row, table_of
from adapters.postgres.search import has_words, rank
from adapters.postgres.users import UserRow
from application.items.follow_items import ITEM_EVENTS
from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.paging import Slice, SortKey, Window
from domain.access import UserId
from domain.events import EventType
from domain.items import Item, ItemId, ItemNotFound
from domain.users import UserNotFound


class ItemRow(Row):
    __tablename__ = "items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey(UserRow.id))
    title: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[str]
    attributes: Mapped[dict[str, object]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int]
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "to_tsvector('simple', title || ' ' || coalesce(description, ''))", persisted=True
        ),
    )


_LIVE = ItemRow.deleted_at.is_(None)

for sortable in ("created_at", "updated_at", "title", "status"):
    # Of the live ones alone, so that counting them reads nothing but the index.
    Index(
        f"ix_items_owner_id_{sortable}_id",
        ItemRow.owner_id,
        sortable,
        ItemRow.id,
        postgresql_where=_LIVE,
    )
    Index(f"ix_items_{sortable}_id", sortable, ItemRow.id, postgresql_where=_LIVE)
# Of the deleted ones, for those who go: a reference that is looked for at every purge.
Index("ix_items_owner_id", ItemRow.owner_id, postgresql_where=ItemRow.deleted_at.is_not(None))
Index(
    "ix_items_deleted_created_at_id",
    ItemRow.created_at,
    ItemRow.id,
    postgresql_where=ItemRow.deleted_at.is_not(None),
)
Index("ix_items_search", ItemRow.search, postgresql_using="gin")
Index(
    "ix_items_attributes",
    ItemRow.attributes,
    postgresql_using="gin",
    postgresql_ops={"attributes": "jsonb_path_ops"},
)

_TABLE = table_of(ItemRow)
ITEM_EVENT_TABLE = event_table(ITEM_EVENTS, ItemRow)
_ITEMS = entity_table(
    Item,
    ItemRow,
    not_found=ItemNotFound,
    refusals={"fk_items_owner_id": UserNotFound},
    events=ITEM_EVENT_TABLE,
)


_COLUMNS = [column for column in _TABLE.columns if column.computed is None]


def _add_many() -> Query:
    """Items and their events by one statement, however many: a list of values for each column.
    COPY would take two, and as long: most of it goes into the indexes."""
    names = [column.name for column in _COLUMNS]
    lists = [bindparam(each.name, type_=ARRAY(each.type)) for each in _COLUMNS]
    event_ids = bindparam("event_ids_", type_=ARRAY(_TABLE.c.id.type))
    given = func.unnest(*lists, event_ids).table_valued(*names, "event_id_").render_derived()
    added = insert(ItemRow).from_select(names, select(*(given.c[name] for name in names)))
    event = select(
        given.c.event_id_,
        literal(ITEM_EVENTS.type_of(EventType.CREATED), Text),
        *(given.c[name] for name in ITEM_EVENT_TABLE.copied),
    )
    noted = insert(ITEM_EVENT_TABLE.table).from_select(ITEM_EVENT_TABLE.written, event)
    return compile_query(noted.add_cte(added.cte("added")))


_ADD_MANY = _add_many()
_REMOVE_ALL_OF = compile_query(
    delete(ItemRow)
    .where(
        ItemRow.id.in_(
            select(ItemRow.id)
            .where(ItemRow.owner_id == any_(bindparam("owners", type_=ARRAY(Uuid()))))
            .limit(bindparam("limit_", type_=Integer))
        )
    )
    .returning(ItemRow.id)
)


@attrs.frozen
class PostgresItemRepository:
    connection: Connection
    events: WrittenEvents
    changed: set[UUID]

    async def add(self, item: Item) -> None:
        await _ITEMS.add(self.connection, item, self._note(EventType.CREATED))

    async def add_many(self, items: Sequence[Item]) -> None:
        values: dict[str, object] = {
            column.name: [getattr(item, column.name) for item in items] for column in _COLUMNS
        }
        values["event_ids_"] = self.events.ids_of(ITEM_EVENT_TABLE, len(items))
        with refused_as(_ITEMS.refusals):
            await self.connection.execute(_ADD_MANY, values)

    async def get(self, item_id: ItemId) -> Item:
        return await _ITEMS.get(self.connection, item_id)

    async def get_deleted(self, item_id: ItemId) -> Item:
        return await _ITEMS.get_deleted(self.connection, item_id)

    async def remove_all_of(self, owner_ids: Collection[UserId], *, limit: int) -> int:
        values = {"owners": list(owner_ids), "limit_": limit}
        records = await self.connection.rows(_REMOVE_ALL_OF, values)
        self.changed.update(record["id"] for record in records)
        return len(records)

    async def save(self, item: Item, what: EventType = EventType.UPDATED) -> None:
        self.changed.add(item.id)
        await _ITEMS.save(self.connection, item, self._note(what))

    def _note(self, what: EventType) -> dict[str, object]:
        return self.events.note(ITEM_EVENT_TABLE, what)


_SHOWN = [_TABLE.c[field.name] for field in attrs.fields(ItemView)]
_GET = compile_query(select(*_SHOWN).where(ItemRow.id == bindparam("id_"), _LIVE))


def _view(record: Record) -> ItemView:
    # By position: the columns are chosen in the order of the fields.
    return ItemView(*record[: len(_SHOWN)])


_LISTING = PostgresListing(
    table=_TABLE,
    columns=_SHOWN,
    conditions=conditions_of(ItemFilter, _TABLE, q=has_words(ItemRow.search)),
    tiebreak="id",
    view=_view,
    rank=rank(ItemRow.title, ItemRow.search),
    uneven=frozenset({"q", "status", "created_from", "created_to", "updated_from", "attributes"}),
)


@attrs.frozen
class PostgresItemReader:
    database: Database

    async def get(self, item_id: ItemId) -> ItemView:
        record = await self.database.row(_GET, {"id_": item_id})
        if record is None:
            raise ItemNotFound
        return _view(record)

    async def page(self, chosen: ItemFilter, window: Window) -> Slice[ItemView]:
        return await _LISTING.page(self.database, filters_of(chosen), window)

    def stream(self, chosen: ItemFilter) -> AsyncIterator[ItemView]:
        return _LISTING.stream(self.database, filters_of(chosen), (SortKey("created_at"),))
