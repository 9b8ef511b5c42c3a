"""Attach a file to an item: the bytes first, as they come, then what is known of them."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack

import attrs

from application.attachments.limits import AttachmentLimits
from application.attachments.ports import AttachmentReader
from application.blobs.ports import BlobStore
from application.clock import Clock, NewId
from application.items.ports import ItemReader
from application.items.rights import require_reach
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, UserId
from domain.attachment_types import SNIFFED_BYTES, clean_content_type, contradicts
from domain.attachments import (
    Attachment,
    AttachmentId,
    ContentTypeMismatch,
    FileTooLarge,
    StorageQuotaExceeded,
    clean_filename,
    disposition_of,
)
from domain.blobs import BlobId
from domain.items import ItemId


@attrs.frozen(kw_only=True)
class AttachFile:
    item_id: ItemId
    filename: str | None
    content_type: str | None
    """As the client has it."""
    content: AsyncIterator[bytes]


@attrs.frozen
class AttachFileHandler:
    """Ended at any moment it leaves nothing but bytes that nobody knows of, which are swept."""

    begin: BeginUnitOfWork
    items: ItemReader
    attachments: AttachmentReader
    blobs: BlobStore
    limits: AttachmentLimits
    clock: Clock
    new_id: NewId

    async def __call__(self, command: AttachFile, actor: Actor) -> Attachment:
        actor.require_freedom()
        item = await self.items.get(command.item_id)
        require_reach(actor, item.owner_id, Permission.ITEMS_UPDATE)
        blob_id = BlobId(self.new_id())
        filename = clean_filename(command.filename)
        content = _Measured(
            command.content,
            most=self.limits.one_file,
            left=await self._bytes_left(item.owner_id),
        )
        content_type = clean_content_type(command.content_type)
        if contradicts(content_type, await content.head()):
            raise ContentTypeMismatch
        async with AsyncExitStack() as undo:
            await self.blobs.put(
                blob_id,
                content.pieces(),
                content_type=content_type,
                disposition=disposition_of(filename),
            )
            undo.push_async_callback(self.blobs.delete, [blob_id])
            attachment = Attachment(
                id=AttachmentId(blob_id),
                item_id=item.id,
                owner_id=item.owner_id,
                filename=filename,
                content_type=content_type,
                size=content.size,
                sha256=content.sha256,
                created_at=self.clock.now(),
            )
            await self._keep(attachment, undo)
        return attachment

    async def _bytes_left(self, owner_id: UserId) -> int:
        """As it looks now, so that what is too much need not be sent to its end."""
        return self.limits.all_of_one_owner - await self.attachments.bytes_of(owner_id)

    async def _keep(self, attachment: Attachment, undo: AsyncExitStack) -> None:
        async with self.begin() as uow:
            used = await uow.attachments.bytes_of(attachment.owner_id)
            if used + attachment.size > self.limits.all_of_one_owner:
                raise StorageQuotaExceeded
            # It may have been deleted meanwhile.
            await uow.items.get(attachment.item_id)
            await uow.attachments.add(attachment)
            # Should the connection break now, nobody can say whether it was committed.
            undo.pop_all()
            await uow.commit()


class _Measured:
    """Bytes on their way to the store: counted, hashed, and no more than there may be."""

    def __init__(self, content: AsyncIterator[bytes], *, most: int, left: int) -> None:
        self.size = 0
        self._content = content
        self._most = most
        self._left = left
        self._head: list[bytes] = []
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    async def head(self) -> bytes:
        """The beginning, which is passed on nevertheless."""
        held = 0
        while held < SNIFFED_BYTES:
            piece = await anext(self._content, None)
            if piece is None:
                break
            self._take(piece)
            self._head.append(piece)
            held += len(piece)
        return b"".join(self._head)[:SNIFFED_BYTES]

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        for piece in self._head:
            yield piece
        self._head = []
        async for piece in self._content:
            self._take(piece)
            yield piece

    def _take(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self._most:
            raise FileTooLarge
        if self.size > self._left:
            raise StorageQuotaExceeded
        self._hash.update(piece)
