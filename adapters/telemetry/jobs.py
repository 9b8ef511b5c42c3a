"""A queue that counts what it hands out, and what comes of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

import attrs

from adapters.telemetry.metrics import Metrics
from application.clock import Clock
from application.jobs.ports import Claimed, JobQueue
from domain.jobs import Job, JobState, Lease


@attrs.frozen
class MeasuredJobQueue:
    queue: JobQueue
    metrics: Metrics
    clock: Clock

    async def claim(self, limit: int, *, at: datetime, lease: Lease) -> Sequence[Claimed]:
        claimed = await self.queue.claim(limit, at=at, lease=lease)
        for job in (each.job for each in claimed):
            if job.attempts == 1 and job.started_at is not None:
                late = (job.started_at - job.created_at).total_seconds()
                self.metrics.job_started(job.queue, max(late, 0.0))
        return claimed

    async def renew(self, jobs: Collection[Job], *, until: datetime) -> None:
        await self.queue.renew(jobs, until=until)

    async def settle(self, job: Job) -> bool:
        is_ours = await self.queue.settle(job)
        if is_ours and job.started_at is not None:
            now = self.clock.now()
            took = (now - job.started_at).total_seconds()
            self.metrics.job_ended(job.kind, outcome_of(job, now), max(took, 0.0))
        return is_ours


def outcome_of(job: Job, now: datetime) -> str:
    """Of the attempt that has just ended: one that failed is put off, and one given back is not."""
    if job.state is not JobState.WAITING:
        return job.state.value
    return "failed" if job.due_at > now else "released"
