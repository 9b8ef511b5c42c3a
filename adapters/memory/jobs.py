"""Jobs in memory."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from adapters.memory.filtering import is_chosen_by
from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, ScheduledNext, StoredJob, Tables
from application.jobs.listing import JobFilter
from application.jobs.payload import Payload
from application.jobs.views import JobView, QueueView
from application.paging import Slice, Window
from domain.jobs import Job, JobId, JobNotFound, JobState


@attrs.frozen
class MemoryOutbox:
    tables: Tables

    async def add(self, payload: Payload, *, job_id: JobId, at: datetime) -> None:
        job = payload.as_job(job_id, at=at)
        self.tables.jobs.add(StoredJob(job=job, payload=payload))


@attrs.frozen
class MemoryJobRepository:
    tables: Tables

    async def get(self, job_id: JobId) -> Job:
        return self.tables.jobs.get(job_id, JobNotFound).job

    async def save(self, job: Job) -> None:
        save(self.tables, job)

    async def remove_ended(
        self, states: Collection[JobState], *, before: datetime, limit: int
    ) -> int:
        ended = [
            stored.job.id
            for stored in self.tables.jobs.scan()
            if stored.job.state in states
            and stored.job.ended_at is not None
            and stored.job.ended_at < before
        ]
        for job_id in ended[:limit]:
            self.tables.jobs.remove(job_id)
        return min(len(ended), limit)


def save(tables: Tables, job: Job) -> None:
    stored = tables.jobs.get(job.id, JobNotFound)
    stored.job = job
    if not job.keeps_payload:
        stored.payload = None
    tables.jobs.replace(stored)


@attrs.frozen
class MemoryScheduleClaims:
    tables: Tables

    async def claim_due(self, planned: Mapping[str, datetime], *, at: datetime) -> frozenset[str]:
        due = set()
        for name, next_at in planned.items():
            known = self.tables.schedules.find(name)
            due_at = next_at
            if known is not None:
                due_at = min(known.due_at, next_at)
                self.tables.schedules.remove(name)
            if due_at <= at:
                due.add(name)
                due_at = next_at
            self.tables.schedules.add(ScheduledNext(name=name, due_at=due_at))
        return frozenset(due)


@attrs.define(eq=False)
class MemoryJobSignal:
    """Set off by each commit, for a look costs nothing here."""

    _heard: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    async def wait(self) -> None:
        await self._heard.wait()
        self._heard.clear()

    def set_off(self) -> None:
        self._heard.set()


@attrs.frozen
class MemoryJobReader:
    database: Committed

    async def get(self, job_id: JobId) -> JobView:
        return JobView.of(self.database.tables.jobs.get(job_id, JobNotFound).job)

    async def page(self, chosen: JobFilter, window: Window) -> Slice[JobView]:
        jobs = (stored.job for stored in self.database.tables.jobs.scan())
        return page_of(map(JobView.of, filter(is_chosen_by(chosen), jobs)), window)

    async def queues(self, *, at: datetime) -> Sequence[QueueView]:
        by_name: dict[str, list[Job]] = {}
        for stored in self.database.tables.jobs.scan():
            if stored.job.state.is_open or stored.job.state is JobState.DEAD:
                by_name.setdefault(stored.job.queue, []).append(stored.job)
        return [_queue(name, by_name[name], at) for name in sorted(by_name)]


def _queue(name: str, jobs: Sequence[Job], at: datetime) -> QueueView:
    live = [job for job in jobs if job.state.is_open]
    due = [job for job in live if job.is_due(at)]
    later = [job.state for job in live if not job.is_due(at)]
    return QueueView(
        queue=name,
        due=len(due),
        delayed=later.count(JobState.WAITING),
        running=later.count(JobState.RUNNING),
        failing=sum(job.last_error is not None for job in live),
        dead=len(jobs) - len(live),
        age_seconds=max((at - job.due_at).total_seconds() for job in due) if due else 0.0,
    )


@attrs.frozen
class NoJitter:
    """All of it, so that tests are exact."""

    def __call__(self, longest: timedelta) -> timedelta:
        return longest
