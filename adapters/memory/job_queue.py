"""Hands out the jobs of a database in memory."""

from collections.abc import Collection, Sequence
from datetime import datetime

import attrs

from adapters.memory.jobs import save
from adapters.memory.tables import Tables
from adapters.memory.unit_of_work import MemoryDatabase
from application.jobs.payload import Unreadable
from application.jobs.ports import Claimed
from domain.jobs import Job, JobState, Lease


@attrs.frozen
class MemoryJobQueue:
    database: MemoryDatabase

    async def claim(self, limit: int, *, at: datetime, lease: Lease) -> Sequence[Claimed]:
        async with self.database.changing() as tables:
            due = [stored for stored in tables.jobs.scan() if stored.job.is_due(at)]
            due.sort(key=lambda stored: (-stored.job.priority, stored.job.due_at))
            claimed = []
            for stored in due[:limit]:
                job = attrs.evolve(stored.job)
                job.claim(at=at, lease=lease)
                save(tables, job)
                payload = stored.payload or Unreadable("there is none")
                claimed.append(Claimed(attrs.evolve(job), payload))
            return claimed

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


def _still_held(tables: Tables, job: Job) -> Job | None:
    stored = tables.jobs.find(job.id)
    if (
        stored is None
        or stored.job.state is not JobState.RUNNING
        or stored.job.started_at != job.started_at
    ):
        return None
    return attrs.evolve(stored.job)
