"""Tell workers elsewhere of jobs as they become due, until told to stop."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

import attrs

from application.clock import Clock
from application.jobs.plan_schedules import PlanSchedules
from application.jobs.ports import JobDispatcher, JobQueue, JobSignal
from application.jobs.repeating import again_and_again, tell
from application.jobs.run_jobs import POLL_SECONDS, SCHEDULE_SECONDS
from application.outage import Outage
from domain.jobs import Lease

_log = logging.getLogger(__name__)

HAND_OVER = Lease(timedelta(seconds=10))
"""After which what nobody has claimed is taken to be lost on its way, and told again. Where the
workers only have not come to it yet, they pass over what they are told the second time."""
MOST_UNHEARD = 500
"""Jobs of a queue that are on their way. The others stay here, where they can't be lost: so what
is told twice stays little, however many there are."""
_AT_ONCE = 100
_PAUSE_SECONDS = 0.02


@attrs.define(eq=False)
class RelayJobs:
    """Any number of processes may do this side by side. Sees to the schedules too, for workers do
    nothing that they are not told."""

    queues: Sequence[str]
    queue: JobQueue
    signal: JobSignal
    dispatcher: JobDispatcher
    plan: PlanSchedules
    clock: Clock
    _outage: Outage = attrs.field(
        factory=lambda: Outage(_log, "jobs can't be handed to the workers"), init=False
    )

    async def __call__(self, stopping: asyncio.Event) -> None:
        planning = Outage(_log, "schedules have to wait")
        plan = asyncio.create_task(again_and_again(self.plan, SCHEDULE_SECONDS, planning))
        stop = asyncio.create_task(stopping.wait())
        signal = asyncio.create_task(self.signal.wait())
        try:
            while not stop.done():
                if signal.done():
                    signal.result()
                    signal = asyncio.create_task(self.signal.wait())
                try:
                    there_is_more = await self._hand_over_all()
                except Exception as error:  # noqa: BLE001 - nothing may end the only one who relays
                    tell(error, self._outage)
                    await asyncio.wait({stop}, timeout=POLL_SECONDS)
                    continue
                self._outage.is_over()
                # So that what is committed meanwhile goes together.
                await asyncio.wait({stop}, timeout=_PAUSE_SECONDS)
                if not there_is_more:
                    woken_by = {stop, signal}
                    await asyncio.wait(
                        woken_by, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
        finally:
            for task in (plan, stop, signal):
                task.cancel()

    async def _hand_over_all(self) -> bool:
        """Whether there may be more that could not be handed over yet."""
        return any([await self._hand_over(queue) for queue in self.queues])

    async def _hand_over(self, queue: str) -> bool:
        limit = min(MOST_UNHEARD - await self.dispatcher.depth(queue), _AT_ONCE)
        if limit <= 0:
            return True
        jobs = await self.queue.hand_over(queue, limit, at=self.clock.now(), lease=HAND_OVER)
        if jobs:
            await self.dispatcher.send(queue, jobs)
        return len(jobs) == limit
