"""Show an attachment, and hand out its bytes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import attrs

from application.attachments.limits import AttachmentLimits
from application.attachments.ports import AttachmentReader
from application.blobs.ports import BlobNotFound, BlobStore, Span
from application.items.ports import ItemReader
from application.items.rights import require_reach
from domain.access import Actor, Permission
from domain.attachments import Attachment, AttachmentId, AttachmentNotFound
from domain.items import ItemId


@attrs.frozen(kw_only=True)
class OpenAttachment:
    item_id: ItemId
    attachment_id: AttachmentId


@attrs.frozen
class OpenedAttachment:
    """What its caller may have."""

    attachment: Attachment
    _blobs: BlobStore

    async def read(self, span: Span | None = None) -> AsyncGenerator[bytes, None]:
        """Raise `AttachmentNotFound` where it has been deleted meanwhile."""
        async with aclosing(self._blobs.read(self.attachment.blob_id, span)) as pieces:
            try:
                async for piece in pieces:
                    yield piece
            except BlobNotFound:
                raise AttachmentNotFound from None

    async def link(self) -> str | None:
        """To where the bytes can be fetched instead, for a short time; None for nowhere."""
        return await self._blobs.link(self.attachment.blob_id)


@attrs.frozen
class OpenAttachmentHandler:
    items: ItemReader
    attachments: AttachmentReader
    blobs: BlobStore
    limits: AttachmentLimits

    async def __call__(self, command: OpenAttachment, actor: Actor) -> OpenedAttachment:
        actor.require_freedom()
        try:
            attachment = await self.attachments.get(command.item_id, command.attachment_id)
        except AttachmentNotFound:
            # Which is nobody's to know who may not even see the item.
            item = await self.items.get(command.item_id)
            require_reach(actor, item.owner_id, Permission.ITEMS_READ)
            raise
        require_reach(actor, attachment.owner_id, Permission.ITEMS_READ)
        return OpenedAttachment(attachment, self.blobs)
