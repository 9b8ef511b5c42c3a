"""Run jobs as they become due, several at once, until told to stop."""

import asyncio
import logging
from collections.abc import Sequence

import attrs

from application.clock import Clock
from application.jobs.plan_schedules import PlanSchedules
from application.jobs.ports import Claimed, JobQueue, JobSignal
from application.jobs.repeating import again_and_again, tell
from application.jobs.run_job import RunJob
from application.outage import Outage
from domain.jobs import Job, Lease

_log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""For what no signal tells of: retries, ended leases, and signals that were lost."""
SCHEDULE_SECONDS = 5.0
GRACE_SECONDS = 10.0


@attrs.frozen
class JobLimits:
    """How much one process takes on."""

    concurrency: int = attrs.field(default=8, validator=attrs.validators.ge(1))
    lease: Lease = attrs.field(factory=Lease)
    queues: frozenset[str] | None = None
    """All of them, where none are named."""


@attrs.define(eq=False)
class RunJobs:
    """One for a process. What it has claimed it finishes when it is told to stop, or gives back
    where that takes too long."""

    queue: JobQueue
    signal: JobSignal
    run: RunJob
    plan: PlanSchedules
    clock: Clock
    limits: JobLimits
    _running: dict[asyncio.Task[None], Job] = attrs.field(factory=dict, init=False)
    _outage: Outage = attrs.field(factory=lambda: Outage(_log, "jobs have to wait"), init=False)

    async def __call__(self, stopping: asyncio.Event) -> None:
        beside = [
            asyncio.create_task(again_and_again(self._renew, self._renewal, self._outage)),
            asyncio.create_task(again_and_again(self.plan, SCHEDULE_SECONDS, self._outage)),
        ]
        try:
            await self._claim_until(stopping)
            await self._finish()
        finally:
            for task in (*beside, *self._running):
                task.cancel()
            await asyncio.gather(*beside, *self._running, return_exceptions=True)

    @property
    def _renewal(self) -> float:
        return self.limits.lease.renewal.total_seconds()

    async def _claim_until(self, stopping: asyncio.Event) -> None:
        stop = asyncio.create_task(stopping.wait())
        signal = asyncio.create_task(self.signal.wait())
        try:
            while not stop.done():
                if signal.done():
                    signal.result()
                    signal = asyncio.create_task(self.signal.wait())
                free = self.limits.concurrency - len(self._running)
                if not free:
                    await self._any_of(stop, *self._running)
                    continue
                claimed = await self._claim(free)
                for each in claimed:
                    self._start(each)
                if len(claimed) < free:
                    # There are no more, until somebody leaves one or one comes due.
                    await self._any_of(stop, signal)
        finally:
            stop.cancel()
            signal.cancel()

    async def _any_of(self, *tasks: "asyncio.Task[bool] | asyncio.Task[None]") -> None:
        await asyncio.wait(tasks, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    async def _claim(self, limit: int) -> Sequence[Claimed]:
        limits = self.limits
        try:
            claimed = await self.queue.claim(
                limit, at=self.clock.now(), lease=limits.lease, queues=limits.queues
            )
        except Exception as error:  # noqa: BLE001 - nothing may end the only one who runs jobs
            tell(error, self._outage)
            return ()
        self._outage.is_over()
        return claimed

    def _start(self, claimed: Claimed) -> None:
        task = asyncio.create_task(self.run(claimed))
        self._running[task] = claimed.job
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        job = self._running.pop(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("%s %s could not be run", job.kind, job.id, exc_info=task.exception())

    async def _renew(self) -> None:
        if self._running:
            until = self.clock.now() + self.limits.lease.duration
            await self.queue.renew(list(self._running.values()), until=until)

    async def _finish(self) -> None:
        """For a while; whoever is not ready by then is interrupted, and its job given back."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=GRACE_SECONDS)
