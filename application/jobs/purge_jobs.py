"""Forget jobs that ended long ago."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import ClassVar

import attrs

from application.clock import Clock
from application.jobs.payload import Payload
from application.sweeping import sweep_in_parts
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
        await self._forget(
            (JobState.FINISHED, JobState.DISCARDED), before=now - self.retention.done
        )
        await self._forget((JobState.DEAD,), before=now - self.retention.dead)

    async def _forget(self, states: Collection[JobState], *, before: datetime) -> None:
        await sweep_in_parts(
            self.begin,
            lambda uow: uow.jobs.remove_ended(states, before=before, limit=_AT_ONCE),
            at_once=_AT_ONCE,
        )
