"""Jobs in memory."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import attrs

from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, ScheduledNext, StoredJob, Tables
from application.jobs.payload import Payload
from application.jobs.ports import JobFilter
from application.jobs.views import JobView
from application.paging import Slice, Window
from domain.jobs import Job, JobId, JobNotFound, JobState


@attrs.frozen
class MemoryOutbox:
    tables: Tables

    async def add(self, payload: Payload, *, job_id: JobId, at: datetime) -> None:
        job = Job(
            id=job_id,
            kind=payload.kind,
            queue=payload.queue,
            priority=payload.priority,
            created_at=at,
            due_at=at,
        )
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
        return page_of(
            [
                JobView.of(job)
                for job in jobs
                if chosen.state in (None, job.state)
                and chosen.kind in (None, job.kind)
                and chosen.queue in (None, job.queue)
            ],
            window,
        )


@attrs.frozen
class NoJitter:
    """All of it, so that tests are exact."""

    def __call__(self, longest: timedelta) -> timedelta:
        return longest
