"""What PostgreSQL knows of the files that are attached to items."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import entity_table
from adapters.postgres.items import ItemRow
from adapters.postgres.listing import PostgresListing
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from adapters.postgres.users import UserRow
from application.paging import Slice, Window
from domain.access import UserId
from domain.attachments import Attachment, AttachmentId, AttachmentNotFound
from domain.blobs import BlobId
from domain.items import ItemId, ItemNotFound


class AttachmentRow(Row):
    __tablename__ = "attachments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("items.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    created_at: Mapped[datetime]


Index(
    "ix_attachments_item_id_created_at_id",
    AttachmentRow.item_id,
    AttachmentRow.created_at,
    AttachmentRow.id,
)
# All that a sum over one account's files reads.
Index("ix_attachments_owner_id", AttachmentRow.owner_id, postgresql_include=["size"])

_TABLE = table_of(AttachmentRow)
_ATTACHMENTS = entity_table(
    Attachment,
    AttachmentRow,
    not_found=AttachmentNotFound,
    refusals={"fk_attachments_item_id": ItemNotFound},
)
_LOCK_OWNER = compile_query(
    select(UserRow.id).where(UserRow.id == bindparam("owner_id")).with_for_update(key_share=True)
)
_BYTES_OF = compile_query(
    select(func.coalesce(func.sum(AttachmentRow.size), 0).cast(BigInteger).label("bytes")).where(
        AttachmentRow.owner_id == bindparam("owner_id")
    )
)
_REMOVE_ALL_OF = compile_query(
    delete(AttachmentRow)
    .where(
        AttachmentRow.id.in_(
            select(AttachmentRow.id)
            .where(AttachmentRow.owner_id == any_(bindparam("owners", type_=ARRAY(Uuid()))))
            .limit(bindparam("limit_", type_=Integer))
        )
    )
    .returning(AttachmentRow.id)
)


@attrs.frozen
class PostgresAttachmentRepository:
    connection: Connection

    async def add(self, attachment: Attachment) -> None:
        await _ATTACHMENTS.add(self.connection, attachment)

    async def get(self, item_id: ItemId, attachment_id: AttachmentId) -> Attachment:
        attachment = await _ATTACHMENTS.get(self.connection, attachment_id)
        if attachment.item_id != item_id:
            raise AttachmentNotFound
        return attachment

    async def bytes_of(self, owner_id: UserId) -> int:
        values = {"owner_id": owner_id}
        # Two statements: what one that waits for a lock reads, it has read before.
        await self.connection.row(_LOCK_OWNER, values)
        return _bytes(await self.connection.row(_BYTES_OF, values))

    async def remove(self, attachment: Attachment) -> None:
        await _ATTACHMENTS.remove(self.connection, attachment)

    async def remove_all_of(self, owner_ids: Collection[UserId], *, limit: int) -> Sequence[BlobId]:
        values = {"owners": list(owner_ids), "limit_": limit}
        return _blob_ids(await self.connection.rows(_REMOVE_ALL_OF, values))


def _bytes(record: Record | None) -> int:
    return 0 if record is None else record["bytes"]


def _blob_ids(records: Sequence[Record]) -> list[BlobId]:
    return [BlobId(record["id"]) for record in records]


def _attachment(record: Record) -> Attachment:
    return Attachment(**dict(record.items()))


_SHOWN = [_TABLE.c[field.name] for field in attrs.fields(Attachment)]
_GET = compile_query(
    select(*_SHOWN)
    .join_from(AttachmentRow, ItemRow, AttachmentRow.item_id == ItemRow.id)
    .where(
        AttachmentRow.id == bindparam("id_"),
        AttachmentRow.item_id == bindparam("item_id_"),
        ItemRow.deleted_at.is_(None),
    )
)
_KNOWN = compile_query(
    select(AttachmentRow.id).where(AttachmentRow.id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
)
_LISTING = PostgresListing(
    table=_TABLE,
    columns=_SHOWN,
    conditions={"item_id": AttachmentRow.item_id == bindparam("item_id")},
    tiebreak="id",
    view=_attachment,
)


@attrs.frozen
class PostgresAttachmentReader:
    database: Database

    async def get(self, item_id: ItemId, attachment_id: AttachmentId) -> Attachment:
        record = await self.database.row(_GET, {"id_": attachment_id, "item_id_": item_id})
        if record is None:
            raise AttachmentNotFound
        return _attachment(record)

    async def page(self, item_id: ItemId, window: Window) -> Slice[Attachment]:
        return await _LISTING.page(self.database, {"item_id": item_id}, window)

    async def bytes_of(self, owner_id: UserId) -> int:
        return _bytes(await self.database.row(_BYTES_OF, {"owner_id": owner_id}))

    async def known(self, blob_ids: Collection[BlobId]) -> frozenset[BlobId]:
        return frozenset(_blob_ids(await self.database.rows(_KNOWN, {"ids": list(blob_ids)})))
