"""Delete bytes that belong to no attachment: of uploads that were broken off by a crash, or whose
attachment was never kept."""

from datetime import timedelta
from typing import ClassVar

import attrs

from application.attachments.ports import AttachmentReader
from application.blobs.ports import BlobStore
from application.clock import Clock
from application.jobs.payload import Payload
from domain.jobs import Job

GRACE = timedelta(days=1)
"""Longer than any upload lasts, and than clocks may differ."""


@attrs.frozen
class SweepBlobs(Payload):
    kind: ClassVar[str] = "files.sweep_blobs"
    queue: ClassVar[str] = "default"


@attrs.frozen
class SweepBlobsHandler:
    blobs: BlobStore
    attachments: AttachmentReader
    clock: Clock

    async def __call__(self, _payload: SweepBlobs, _job: Job) -> None:
        async for stored in self.blobs.older(self.clock.now() - GRACE):
            known = await self.attachments.known(stored)
            await self.blobs.delete([each for each in stored if each not in known])
