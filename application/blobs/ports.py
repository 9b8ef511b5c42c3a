"""What the use cases that keep bytes need from outside."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from domain.blobs import BlobId


class BlobNotFound(Exception):
    """There are no such bytes, or no more."""


@attrs.frozen
class Span:
    """Some of the bytes: so many, from the first on."""

    first: int
    length: int


class BlobStore(Protocol):
    """Bytes by their ids, none of which is ever used twice. Whatever it stands on may be gone:
    raise `Unavailable`."""

    async def put(
        self,
        blob_id: BlobId,
        pieces: AsyncIterator[bytes],
        *,
        content_type: str,
        disposition: str,
    ) -> None:
        """All of them, and to stay, or nothing: what `pieces` raises comes through. The type and
        the disposition are for a store that `link` leads to."""
        ...

    def read(self, blob_id: BlobId, span: Span | None = None) -> AsyncGenerator[bytes, None]:
        """In pieces of 256 KiB at most. Raise `BlobNotFound`, before the first one."""
        ...

    async def link(self, blob_id: BlobId) -> str | None:
        """A URL by which anyone may fetch it for a short time; None where this store has none."""
        ...

    async def delete(self, blob_ids: Collection[BlobId]) -> None:
        """With whatever is left of them; those that are gone already are no reason to fail."""
        ...

    def older(self, than: datetime) -> AsyncIterator[Sequence[BlobId]]:
        """All whose `put` began, or ended, before then, also those that were broken off; at most a
        thousand at a time."""
        ...
