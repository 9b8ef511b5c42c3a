"""Never run a job, and forget what it is about."""

import attrs

from application.clock import Clock
from application.jobs.views import JobView
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.jobs import JobId


@attrs.frozen(kw_only=True)
class DiscardJob:
    job_id: JobId


@attrs.frozen
class DiscardJobHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, command: DiscardJob, actor: Actor) -> JobView:
        """Raise `JobNotWaiting` where it is being run or has ended."""
        actor.require(Permission.JOBS_MANAGE)
        async with self.begin() as uow:
            job = await uow.jobs.get(command.job_id)
            job.discard(at=self.clock.now())
            await uow.jobs.save(job)
            await uow.commit()
        return JobView.of(job)
