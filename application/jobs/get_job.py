"""Show a job."""

import attrs

from application.jobs.ports import JobReader
from application.jobs.views import JobView
from domain.access import Actor, Permission
from domain.jobs import JobId


@attrs.frozen(kw_only=True)
class GetJob:
    job_id: JobId


@attrs.frozen
class GetJobHandler:
    jobs: JobReader

    async def __call__(self, command: GetJob, actor: Actor) -> JobView:
        actor.require(Permission.JOBS_READ)
        return await self.jobs.get(command.job_id)
