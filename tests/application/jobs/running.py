"""Jobs on adapters in memory, and whoever runs them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import attrs

from adapters.memory.clock import CountingIds, FixedClock
from adapters.memory.job_dispatcher import MemoryJobDispatcher
from adapters.memory.job_queue import MemoryJobQueue
from adapters.memory.jobs import NoJitter
from adapters.memory.tables import StoredJob
from adapters.memory.unit_of_work import MemoryDatabase
from application.jobs.payload import Payload
from application.jobs.plan_schedules import PlanSchedules, Schedules
from application.jobs.relay_jobs import RelayJobs
from application.jobs.run_job import JobHandlers, RunJob, handling
from application.jobs.run_jobs import JobLimits, RunJobs
from application.jobs.run_one_job import RunOneJob
from domain.jobs import Job, JobId, Lease
from tests.chores import Chore, DoChore, leave


@attrs.frozen
class Workshop:
    """A database, a clock that stands, and somebody who does chores."""

    database: MemoryDatabase = attrs.field(factory=MemoryDatabase)
    clock: FixedClock = attrs.field(factory=FixedClock)
    do_chore: DoChore = attrs.field(factory=DoChore)
    dispatcher: MemoryJobDispatcher = attrs.field(factory=MemoryJobDispatcher)

    @property
    def queue(self) -> MemoryJobQueue:
        return MemoryJobQueue(self.database)

    @property
    def run(self) -> RunJob:
        handlers = JobHandlers.of(handling(Chore, self.do_chore))
        return RunJob(queue=self.queue, handlers=handlers, clock=self.clock, jitter=NoJitter())

    def runner(
        self,
        *,
        concurrency: int = 3,
        lease: Lease | None = None,
        schedules: Schedules | None = None,
    ) -> RunJobs:
        return RunJobs(
            queue=self.queue,
            signal=self.database.job_signal,
            run=self.run,
            plan=self.plan(schedules),
            clock=self.clock,
            limits=JobLimits(concurrency=concurrency, lease=lease or Lease()),
        )

    def relay(self, *, schedules: Schedules | None = None) -> RelayJobs:
        return RelayJobs(
            queues=["errands", Chore.queue],
            queue=self.queue,
            signal=self.database.job_signal,
            dispatcher=self.dispatcher,
            plan=self.plan(schedules),
            clock=self.clock,
        )

    def plan(self, schedules: Schedules | None = None) -> PlanSchedules:
        return PlanSchedules(
            begin=self.database,
            schedules=schedules or Schedules(),
            clock=self.clock,
            new_id=CountingIds(),
        )

    def worker(self, lease: Lease | None = None) -> RunOneJob:
        return RunOneJob(queue=self.queue, run=self.run, clock=self.clock, lease=lease or Lease())

    @asynccontextmanager
    async def running(self, runner: RunJobs | RelayJobs | None = None) -> AsyncIterator[None]:
        """As a server has it, until the end of the block."""
        stopping = asyncio.Event()
        task = asyncio.create_task((runner or self.runner())(stopping))
        try:
            yield
        finally:
            stopping.set()
            await task

    async def leave(self, payload: Payload, *, after: timedelta = timedelta()) -> JobId:
        return await leave(self.database, payload, at=self.clock.now() + after)

    def stored(self, job_id: JobId) -> StoredJob:
        stored = self.database.tables.jobs.find(job_id)
        assert stored is not None
        return stored

    def job(self, job_id: JobId) -> Job:
        return self.stored(job_id).job
