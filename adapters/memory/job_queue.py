"""Hands out the jobs of a database in memory."""

from collections.abc import Collection, Sequence
from datetime import datetime

import attrs

from adapters.memory.jobs import save
from adapters.memory.tables import StoredJob, Tables
from adapters.memory.unit_of_work import MemoryDatabase
from application.jobs.payload import Unreadable
from application.jobs.ports import Claimed
from domain.jobs import Job, JobId, JobNotFound, JobState, Lease


@attrs.frozen
class MemoryJobQueue:
    database: MemoryDatabase

    async def claim(
        self, limit: int, *, at: datetime, lease: Lease, queues: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        async with self.database.changing() as tables:
            due = [
                stored
                for stored in _due(tables, at)
                if queues is None or stored.job.queue in queues
            ]
            return [_claim(tables, stored, at, lease) for stored in due[:limit]]

    async def claim_one(self, job_id: JobId, *, at: datetime, lease: Lease) -> Claimed | None:
        async with self.database.changing() as tables:
            stored = tables.jobs.find(job_id)
            if stored is None or not stored.job.is_due(at):
                return None
            return _claim(tables, stored, at, lease)

    async def hand_over(
        self, queue: str, limit: int, *, at: datetime, lease: Lease
    ) -> Sequence[JobId]:
        async with self.database.changing() as tables:
            free = [
                stored
                for stored in _due(tables, at)
                if stored.job.queue == queue
                and (stored.handed_over_until is None or stored.handed_over_until <= at)
            ]
            for stored in free[:limit]:
                stored.handed_over_until = at + lease.duration
                tables.jobs.replace(stored)
            return [stored.job.id for stored in free[:limit]]

    async def renew(self, jobs: Collection[Job], *, until: datetime) -> None:
        async with self.database.changing() as tables:
            for job in jobs:
                mine = _still_held(tables, job)
                if mine is not None:
                    mine.due_at = until
                    save(tables, mine)

    async def settle(self, job: Job) -> bool:
        async with self.database.changing() as tables:
            if _still_held(tables, job) is None:
                return False
            save(tables, attrs.evolve(job))
            return True


def _due(tables: Tables, at: datetime) -> list[StoredJob]:
    due = [stored.job for stored in tables.jobs.scan() if stored.job.is_due(at)]
    due.sort(key=lambda job: (-job.priority, job.due_at))
    return [tables.jobs.get(job.id, JobNotFound) for job in due]


def _claim(tables: Tables, stored: StoredJob, at: datetime, lease: Lease) -> Claimed:
    stored.job.claim(at=at, lease=lease)
    stored.handed_over_until = None
    tables.jobs.replace(stored)
    payload = stored.payload or Unreadable("there is none")
    return Claimed(attrs.evolve(stored.job), payload)


def _still_held(tables: Tables, job: Job) -> Job | None:
    stored = tables.jobs.find(job.id)
    if (
        stored is None
        or stored.job.state is not JobState.RUNNING
        or stored.job.started_at != job.started_at
    ):
        return None
    return attrs.evolve(stored.job)
