"""Forget jobs that ended long ago."""

from datetime import timedelta
from typing import ClassVar

import attrs

from application.clock import Clock
from application.jobs.payload import Payload
from application.unit_of_work import BeginUnitOfWork
from domain.jobs import Job, JobState

_AT_ONCE = 1000


@attrs.frozen(kw_only=True)
class JobRetention:
    """How long ended jobs are kept to be looked at."""

    done: timedelta = timedelta(days=7)
    dead: timedelta = timedelta(days=30)


@attrs.frozen
class PurgeJobs(Payload):
    kind: ClassVar[str] = "jobs.purge"
    queue: ClassVar[str] = "default"
    priority: ClassVar[int] = -1


@attrs.frozen
class PurgeJobsHandler:
    begin: BeginUnitOfWork
    clock: Clock
    retention: JobRetention

    async def __call__(self, _payload: PurgeJobs, _job: Job) -> None:
        now = self.clock.now()
        for states, kept in (
            ((JobState.FINISHED, JobState.DISCARDED), self.retention.done),
            ((JobState.DEAD,), self.retention.dead),
        ):
            removed = _AT_ONCE
            while removed == _AT_ONCE:
                async with self.begin() as uow:
                    removed = await uow.jobs.remove_ended(states, before=now - kept, limit=_AT_ONCE)
                    await uow.commit()
