"""Blobs in memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from datetime import datetime

import attrs

from application.blobs.ports import BlobNotFound, Span
from application.clock import Clock
from domain.blobs import BlobId

_PIECE = 256 * 1024


@attrs.frozen
class StoredBlob:
    content: bytes
    stored_at: datetime


@attrs.define
class MemoryBlobStore:
    clock: Clock
    blobs: dict[BlobId, StoredBlob] = attrs.field(factory=dict)

    async def put(
        self,
        blob_id: BlobId,
        pieces: AsyncIterator[bytes],
        *,
        content_type: str,
        disposition: str,
    ) -> None:
        content = b"".join([piece async for piece in pieces])
        self.blobs[blob_id] = StoredBlob(content, self.clock.now())

    async def read(self, blob_id: BlobId, span: Span | None = None) -> AsyncGenerator[bytes, None]:
        if blob_id not in self.blobs:
            raise BlobNotFound
        content = self.blobs[blob_id].content
        if span is not None:
            content = content[span.first : span.first + span.length]
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]

    async def link(self, blob_id: BlobId) -> str | None:
        return None

    async def delete(self, blob_ids: Collection[BlobId]) -> None:
        for blob_id in blob_ids:
            self.blobs.pop(blob_id, None)

    async def older(self, than: datetime) -> AsyncIterator[Sequence[BlobId]]:
        yield [blob_id for blob_id, blob in self.blobs.items() if blob.stored_at < than]
