"""Show an attachment, and hand out its bytes."""

from collections.abc import AsyncGenerator

import attrs

from application.files.limits import FileLimits
from application.files.ports import AttachmentReader, BlobStore, Span
from application.items.ports import ItemReader
from application.items.rights import require_reach
from domain.access import Actor, Permission
from domain.files import Attachment, AttachmentId, AttachmentNotFound
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

    def read(self, span: Span | None = None) -> AsyncGenerator[bytes, None]:
        """Raise `AttachmentNotFound` where it has been deleted meanwhile."""
        return self._blobs.read(self.attachment.id, span)

    async def link(self) -> str | None:
        """To where the bytes can be fetched instead, for a short time; None for nowhere."""
        return await self._blobs.link(self.attachment.id)


@attrs.frozen
class OpenAttachmentHandler:
    items: ItemReader
    attachments: AttachmentReader
    blobs: BlobStore
    limits: FileLimits

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
