"""Run a job once more that has failed, or at once that waits for its next attempt."""

import attrs

from application.clock import Clock
from application.jobs.views import JobView
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.jobs import JobId


@attrs.frozen(kw_only=True)
class RetryJob:
    job_id: JobId


@attrs.frozen
class RetryJobHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, command: RetryJob, actor: Actor) -> JobView:
        """Raise `JobFinished` where there is nothing to run again."""
        actor.require(Permission.JOBS_MANAGE)
        async with self.begin() as uow:
            job = await uow.jobs.get(command.job_id)
            job.retry(at=self.clock.now())
            await uow.jobs.save(job)
            await uow.commit()
        return JobView.of(job)
