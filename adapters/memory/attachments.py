"""Attachments in memory."""

from collections.abc import Collection, Sequence

import attrs

from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, Tables
from application.paging import Slice, Window
from domain.access import UserId
from domain.attachments import Attachment, AttachmentId, AttachmentNotFound
from domain.blobs import BlobId
from domain.items import ItemId, ItemNotFound


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

    async def remove_all_of(self, owner_ids: Collection[UserId], *, limit: int) -> Sequence[BlobId]:
        attachments = self.tables.attachments
        theirs = [each for each in attachments.scan() if each.owner_id in owner_ids][:limit]
        for attachment in theirs:
            attachments.remove(attachment.id)
        return [each.blob_id for each in theirs]


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

    async def known(self, blob_ids: Collection[BlobId]) -> frozenset[BlobId]:
        attachments = self.database.tables.attachments.scan()
        return frozenset(blob_ids) & {each.blob_id for each in attachments}


def _of_item(tables: Tables, item_id: ItemId, attachment_id: AttachmentId) -> Attachment:
    attachment = tables.attachments.find(attachment_id)
    if attachment is None or attachment.item_id != item_id:
        raise AttachmentNotFound
    return attachment


def _bytes_of(tables: Tables, owner_id: UserId) -> int:
    return sum(each.size for each in tables.attachments.scan() if each.owner_id == owner_id)
