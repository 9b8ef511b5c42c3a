"""What the use cases about files need from outside."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from application.paging import Slice, Window
from domain.access import UserId
from domain.files import Attachment, AttachmentId
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

    async def remove_all_of(
        self, owner_ids: Collection[UserId], *, limit: int
    ) -> Sequence[AttachmentId]:
        """Remove as many of theirs; answer which."""
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

    async def known(self, ids: Collection[AttachmentId]) -> frozenset[AttachmentId]:
        """Those of them that there are, of deleted items too."""
        ...


@attrs.frozen
class Span:
    """Some of the bytes: so many, from the first on."""

    first: int
    length: int


class BlobStore(Protocol):
    """Bytes by the ids of their attachments, none of which is ever used twice. Whatever it stands
    on may be gone: raise `Unavailable`."""

    async def put(
        self,
        blob_id: AttachmentId,
        pieces: AsyncIterator[bytes],
        *,
        content_type: str,
        disposition: str,
    ) -> None:
        """All of them, and to stay, or nothing: what `pieces` raises comes through. The type and
        the disposition are for a store that `link` leads to."""
        ...

    def read(self, blob_id: AttachmentId, span: Span | None = None) -> AsyncGenerator[bytes, None]:
        """In pieces of 256 KiB at most. Raise `AttachmentNotFound`, before the first one."""
        ...

    async def link(self, blob_id: AttachmentId) -> str | None:
        """A URL by which anyone may fetch it for a short time; None where this store has none."""
        ...

    async def delete(self, blob_ids: Collection[AttachmentId]) -> None:
        """With whatever is left of them; those that are gone already are no reason to fail."""
        ...

    def older(self, than: datetime) -> AsyncIterator[Sequence[AttachmentId]]:
        """All whose `put` began, or ended, before then, also those that were broken off; at most a
        thousand at a time."""
        ...
