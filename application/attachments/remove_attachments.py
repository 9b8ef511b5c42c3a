"""Remove the attachments of accounts that go for good; their bytes follow."""

from collections.abc import Collection

import attrs

from application.attachments.delete_blobs import DeleteBlobs
from application.clock import Clock, NewId
from application.unit_of_work import UnitOfWork
from domain.access import UserId
from domain.jobs import JobId


@attrs.frozen
class RemoveAttachments:
    clock: Clock
    new_id: NewId

    async def __call__(
        self, owner_ids: Collection[UserId], uow: UnitOfWork, *, at_once: int
    ) -> None:
        while removed := await uow.attachments.remove_all_of(owner_ids, limit=at_once):
            await uow.outbox.add(
                DeleteBlobs(blob_ids=tuple(removed)),
                job_id=JobId(self.new_id()),
                at=self.clock.now(),
            )
