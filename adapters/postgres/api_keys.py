"""API keys in PostgreSQL: their hashes, and what they are for."""

from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.access import known_permissions
from adapters.postgres.access_changes import AccessChanges
from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import Values, by_name, entity_table
from adapters.postgres.listing import PostgresListing, is_storable
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from application.access.views import ApiKeyView
from application.paging import Slice, Window
from domain.access import ApiKeyId, UserId
from domain.api_keys import USE_IS_NOTED_EVERY, ApiKey, ApiKeyNotFound


class ApiKeyRow(Row):
    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


Index("uq_api_keys_key_hash", ApiKeyRow.key_hash, unique=True)
Index("ix_api_keys_user_id_created_at_id", ApiKeyRow.user_id, ApiKeyRow.created_at, ApiKeyRow.id)


def _values(key: ApiKey) -> Values:
    return by_name(key) | {"permissions": sorted(key.permissions)}


_API_KEYS = entity_table(
    ApiKey,
    ApiKeyRow,
    not_found=ApiKeyNotFound,
    refusals={},
    values_of=_values,
    read_as={"permissions": known_permissions},
)
_REMOVE_ALL = compile_query(delete(ApiKeyRow).where(ApiKeyRow.user_id == bindparam("user_id_")))
_COUNT_LIVE = compile_query(
    select(func.count().label("live"))
    .select_from(ApiKeyRow)
    .where(
        ApiKeyRow.user_id == bindparam("user_id_"),
        or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > bindparam("at")),
    )
)
_NOTE_USE = compile_query(
    update(ApiKeyRow)
    .where(
        ApiKeyRow.id == bindparam("id_"),
        or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at <= bindparam("long_ago")),
    )
    .values(last_used_at=bindparam("at"))
    .returning(ApiKeyRow.user_id)
)


@attrs.frozen
class PostgresApiKeyRepository:
    connection: Connection
    changes: AccessChanges

    async def add(self, key: ApiKey) -> None:
        await _API_KEYS.add(self.connection, key)

    async def get(self, key_id: ApiKeyId) -> ApiKey:
        return await _API_KEYS.get(self.connection, key_id)

    async def remove(self, key: ApiKey) -> None:
        await _API_KEYS.remove(self.connection, key)
        self.changes.of_user(key.user_id)

    async def remove_all(self, owner_id: UserId) -> int:
        self.changes.of_user(owner_id)
        return await self.connection.execute(_REMOVE_ALL, {"user_id_": owner_id})

    async def count_live(self, owner_id: UserId, *, at: datetime) -> int:
        record = await self.connection.row(_COUNT_LIVE, {"user_id_": owner_id, "at": at})
        return 0 if record is None else record["live"]

    async def note_use(self, key_id: ApiKeyId, *, at: datetime) -> None:
        values = {"id_": key_id, "at": at, "long_ago": at - USE_IS_NOTED_EVERY}
        record = await self.connection.row(_NOTE_USE, values)
        if record is not None:
            self.changes.of_user(UserId(record["user_id"]))


def _view(record: Record) -> ApiKeyView:
    return ApiKeyView(
        **dict(record.items())
        | {"permissions": tuple(sorted(known_permissions(record["permissions"])))}
    )


_TABLE = table_of(ApiKeyRow)
_SHOWN = [_TABLE.c[field.name] for field in attrs.fields(ApiKeyView)]
_OF_OWNER = ApiKeyRow.user_id == bindparam("user_id")
_LISTING = PostgresListing(
    table=_TABLE,
    columns=_SHOWN,
    conditions={"user_id": _OF_OWNER},
    tiebreak="id",
    view=_view,
)
_FIND = compile_query(
    select(*_SHOWN).where(
        _OF_OWNER,
        or_(ApiKeyRow.prefix == bindparam("name"), cast(ApiKeyRow.id, Text) == bindparam("name")),
    )
)


@attrs.frozen
class PostgresApiKeyReader:
    database: Database

    async def page(self, owner_id: UserId, window: Window) -> Slice[ApiKeyView]:
        return await _LISTING.page(self.database, {"user_id": owner_id}, window)

    async def find(self, owner_id: UserId, name: str) -> ApiKeyView | None:
        if not is_storable(name):
            return None
        record = await self.database.row(_FIND, {"user_id": owner_id, "name": name})
        return None if record is None else _view(record)
