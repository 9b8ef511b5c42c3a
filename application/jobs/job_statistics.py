"""How it stands with the queues: what waits, for how long, and what fails."""

from collections.abc import Sequence

import attrs

from application.clock import Clock
from application.jobs.ports import JobReader
from application.jobs.views import QueueView
from domain.access import Actor, Permission


@attrs.frozen(kw_only=True)
class JobStatistics:
    pass


@attrs.frozen
class JobStatisticsHandler:
    jobs: JobReader
    clock: Clock

    async def __call__(self, _command: JobStatistics, actor: Actor) -> Sequence[QueueView]:
        actor.require(Permission.JOBS_READ)
        return await self.jobs.queues(at=self.clock.now())
