"""What the use cases about attachments need from outside."""

from collections.abc import Collection, Sequence
from typing import Protocol

from application.paging import Slice, Window
from domain.access import UserId
from domain.attachments import Attachment, AttachmentId
from domain.blobs import BlobId
from domain.items import ItemId


class AttachmentRepository(Protocol):
    """What is known of the files, for changing. Lives inside a unit of work."""

    async def add(self, attachment: Attachment) -> None:
        """Raise `ItemNotFound` where there is no such item."""
        ...

    async def get(self, item_id: ItemId, attachment_id: AttachmentId) -> Attachment:
        """Locked until the unit of work ends; raise `AttachmentNotFound`."""
        ...

    async def bytes_of(self, owner_id: UserId) -> int:
        """How much all of theirs take. Until this unit of work ends, nobody else who asks is
        told."""
        ...

    async def remove(self, attachment: Attachment) -> None: ...

    async def remove_all_of(self, owner_ids: Collection[UserId], *, limit: int) -> Sequence[BlobId]:
        """Remove as many of theirs; answer what is to be deleted with them."""
        ...


class AttachmentReader(Protocol):
    """What is known of the files, for showing."""

    async def get(self, item_id: ItemId, attachment_id: AttachmentId) -> Attachment:
        """Raise `AttachmentNotFound`, also where the item is deleted."""
        ...

    async def page(self, item_id: ItemId, window: Window) -> Slice[Attachment]: ...

    async def bytes_of(self, owner_id: UserId) -> int:
        """How much all of theirs take."""
        ...

    async def known(self, blob_ids: Collection[BlobId]) -> frozenset[BlobId]:
        """Those of them that belong to an attachment, of deleted items too."""
        ...
