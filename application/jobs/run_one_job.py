"""Run a job that somebody was told of by its id."""

import asyncio
import logging

import attrs

from application.clock import Clock
from application.jobs.ports import Claimed, JobQueue
from application.jobs.repeating import again_and_again
from application.jobs.run_job import RunJob
from application.outage import Outage
from domain.errors import Conflict, Unavailable
from domain.jobs import JobId, Lease

_log = logging.getLogger(__name__)


@attrs.frozen
class RunOneJob:
    """Once, if it is still to be run. Of those who were told of it one alone runs it, however
    often they were told."""

    queue: JobQueue
    run: RunJob
    clock: Clock
    lease: Lease = attrs.field(factory=Lease)
    _outage: Outage = attrs.field(factory=lambda: Outage(_log, "jobs have to wait"), init=False)

    async def __call__(self, job_id: JobId) -> None:
        try:
            claimed = await self.queue.claim_one(job_id, at=self.clock.now(), lease=self.lease)
        except (Conflict, Unavailable) as error:
            # It is handed over again, once that to this worker has ended.
            self._outage.is_met(error.detail)
            return
        self._outage.is_over()
        if claimed is not None:
            await self._hold_and_run(claimed)

    async def _hold_and_run(self, claimed: Claimed) -> None:
        async def renew() -> None:
            await asyncio.sleep(seconds)
            until = self.clock.now() + self.lease.duration
            await self.queue.renew([claimed.job], until=until)

        seconds = self.lease.renewal.total_seconds()
        renewing = asyncio.create_task(again_and_again(renew, 0, self._outage))
        try:
            await self.run(claimed)
        finally:
            renewing.cancel()
