"""Attachments in memory, and their bytes."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from datetime import datetime

import attrs

from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, Tables
from application.clock import Clock
from application.files.ports import Span
from application.paging import Slice, Window
from domain.access import UserId
from domain.files import Attachment, AttachmentId, AttachmentNotFound
from domain.items import ItemId, ItemNotFound

_PIECE = 256 * 1024


@attrs.frozen
class MemoryAttachmentRepository:
    tables: Tables

    async def add(self, attachment: Attachment) -> None:
        self.tables.items.get_deleted(attachment.item_id, ItemNotFound)
        self.tables.attachments.add(attachment)

    async def get(self, item_id: ItemId, attachment_id: AttachmentId) -> Attachment:
        return _of_item(self.tables, item_id, attachment_id)

    async def bytes_of(self, owner_id: UserId) -> int:
        return _bytes_of(self.tables, owner_id)

    async def remove(self, attachment: Attachment) -> None:
        self.tables.attachments.remove(attachment.id)

    async def remove_all_of(
        self, owner_ids: Collection[UserId], *, limit: int
    ) -> Sequence[AttachmentId]:
        attachments = self.tables.attachments
        theirs = [each.id for each in attachments.scan() if each.owner_id in owner_ids][:limit]
        for attachment_id in theirs:
            attachments.remove(attachment_id)
        return theirs


@attrs.frozen
class MemoryAttachmentReader:
    database: Committed

    async def get(self, item_id: ItemId, attachment_id: AttachmentId) -> Attachment:
        tables = self.database.tables
        tables.items.get(item_id, AttachmentNotFound)
        return _of_item(tables, item_id, attachment_id)

    async def page(self, item_id: ItemId, window: Window) -> Slice[Attachment]:
        attachments = self.database.tables.attachments.scan()
        return page_of([each for each in attachments if each.item_id == item_id], window)

    async def bytes_of(self, owner_id: UserId) -> int:
        return _bytes_of(self.database.tables, owner_id)

    async def known(self, ids: Collection[AttachmentId]) -> frozenset[AttachmentId]:
        attachments = self.database.tables.attachments
        return frozenset(each for each in ids if attachments.find(each) is not None)


def _of_item(tables: Tables, item_id: ItemId, attachment_id: AttachmentId) -> Attachment:
    attachment = tables.attachments.find(attachment_id)
    if attachment is None or attachment.item_id != item_id:
        raise AttachmentNotFound
    return attachment


def _bytes_of(tables: Tables, owner_id: UserId) -> int:
    return sum(each.size for each in tables.attachments.scan() if each.owner_id == owner_id)


@attrs.frozen
class StoredBlob:
    content: bytes
    stored_at: datetime


@attrs.define
class MemoryBlobStore:
    clock: Clock
    blobs: dict[AttachmentId, StoredBlob] = attrs.field(factory=dict)

    async def put(
        self,
        blob_id: AttachmentId,
        pieces: AsyncIterator[bytes],
        *,
        content_type: str,
        disposition: str,
    ) -> None:
        content = b"".join([piece async for piece in pieces])
        self.blobs[blob_id] = StoredBlob(content, self.clock.now())

    async def read(
        self, blob_id: AttachmentId, span: Span | None = None
    ) -> AsyncGenerator[bytes, None]:
        if blob_id not in self.blobs:
            raise AttachmentNotFound
        content = self.blobs[blob_id].content
        if span is not None:
            content = content[span.first : span.first + span.length]
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]

    async def link(self, blob_id: AttachmentId) -> str | None:
        return None

    async def delete(self, blob_ids: Collection[AttachmentId]) -> None:
        for blob_id in blob_ids:
            self.blobs.pop(blob_id, None)

    async def older(self, than: datetime) -> AsyncIterator[Sequence[AttachmentId]]:
        yield [blob_id for blob_id, blob in self.blobs.items() if blob.stored_at < than]
