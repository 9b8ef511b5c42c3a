"""List jobs."""

import attrs

from application.jobs.listing import JOBS, JobFilter
from application.jobs.ports import JobReader
from application.jobs.views import JobView
from application.paging import Cursors, Page, PageRequest
from domain.access import Actor, Permission


@attrs.frozen(kw_only=True)
class ListJobs:
    chosen: JobFilter = JobFilter()
    page: PageRequest = PageRequest()


@attrs.frozen
class ListJobsHandler:
    jobs: JobReader
    cursors: Cursors

    async def __call__(self, command: ListJobs, actor: Actor) -> Page[JobView]:
        actor.require(Permission.JOBS_READ)
        window = JOBS.window(command.page, self.cursors)
        return JOBS.page(await self.jobs.page(command.chosen, window), self.cursors)
