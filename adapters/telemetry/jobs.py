"""A queue that counts and tells what it hands out, and what comes of it."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

import attrs
import structlog
from structlog.typing import FilteringBoundLogger

from adapters.telemetry.metrics import Metrics
from application.clock import Clock
from application.jobs.ports import Claimed, JobQueue
from domain.jobs import Job, JobId, JobState, Lease

_lines: FilteringBoundLogger = structlog.get_logger(source="tessera.job")
_LEVELS = {"failed": logging.WARNING, JobState.DEAD.value: logging.ERROR}


@attrs.frozen
class WatchedJobQueue:
    queue: JobQueue
    metrics: Metrics | None
    clock: Clock

    async def claim(
        self, limit: int, *, at: datetime, lease: Lease, queues: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        claimed = await self.queue.claim(limit, at=at, lease=lease, queues=queues)
        for each in claimed:
            self._began(each.job)
        return claimed

    async def claim_one(self, job_id: JobId, *, at: datetime, lease: Lease) -> Claimed | None:
        claimed = await self.queue.claim_one(job_id, at=at, lease=lease)
        if claimed is not None:
            self._began(claimed.job)
        return claimed

    async def hand_over(
        self, queue: str, limit: int, *, at: datetime, lease: Lease
    ) -> Sequence[JobId]:
        return await self.queue.hand_over(queue, limit, at=at, lease=lease)

    async def renew(self, jobs: Collection[Job], *, until: datetime) -> None:
        await self.queue.renew(jobs, until=until)

    async def settle(self, job: Job) -> bool:
        is_ours = await self.queue.settle(job)
        if is_ours:
            self._ended(job)
        return is_ours

    def _began(self, job: Job) -> None:
        if self.metrics is not None and job.attempts == 1 and job.started_at is not None:
            late = (job.started_at - job.created_at).total_seconds()
            self.metrics.job_started(job.queue, max(late, 0.0))

    def _ended(self, job: Job) -> None:
        now = self.clock.now()
        outcome = outcome_of(job, now)
        began = job.started_at or now
        seconds = max((now - began).total_seconds(), 0.0)
        if self.metrics is not None:
            self.metrics.job_ended(job.kind, outcome, seconds)
        _lines.log(
            _LEVELS.get(outcome, logging.INFO),
            f"{job.kind} {job.id} {outcome}",
            kind=job.kind,
            job_id=str(job.id),
            # One that was given back does not count as an attempt.
            attempt=job.attempts,
            outcome=outcome,
            milliseconds=round(seconds * 1000, 1),
            request_id=job.request_id,
            **({} if job.last_error is None else {"error": job.last_error}),
        )


def outcome_of(job: Job, now: datetime) -> str:
    """Of the attempt that has just ended: one that failed is put off, and one given back is not."""
    if job.state is not JobState.WAITING:
        return job.state.value
    return "failed" if job.due_at > now else "released"
