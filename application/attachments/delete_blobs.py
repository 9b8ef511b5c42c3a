"""Delete the bytes of attachments that are no more."""

from typing import ClassVar

import attrs

from application.blobs.ports import BlobStore
from application.jobs.payload import Payload
from domain.blobs import BlobId
from domain.jobs import Job


@attrs.frozen(kw_only=True)
class DeleteBlobs(Payload):
    kind: ClassVar[str] = "files.delete_blobs"
    queue: ClassVar[str] = "default"

    blob_ids: tuple[BlobId, ...]


@attrs.frozen
class DeleteBlobsHandler:
    blobs: BlobStore

    async def __call__(self, payload: DeleteBlobs, _job: Job) -> None:
        await self.blobs.delete(payload.blob_ids)
