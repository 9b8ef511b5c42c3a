"""Jobs: how soon after its commit one is begun, and how many short ones are done in a second.

Run as a module this is the process that does them: the service's own jobs, on connections and with
settings of its own, but for what a job does, which is nothing.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median, quantiles
from typing import ClassVar
from uuid import UUID

import attrs
import uvloop
from sqlalchemy import select

from adapters.postgres.committed_events import CommittedEvents
from adapters.postgres.connection import PoolSettings, open_database
from adapters.postgres.jobs import JobRow
from adapters.postgres.query import compile_query
from adapters.postgres.unit_of_work import BeginPostgresUnitOfWork
from adapters.security.clock import SystemClock
from adapters.security.identifiers import Uuid7Factory
from application.jobs.payload import Payload
from application.jobs.plan_schedules import Schedules
from application.jobs.run_job import JobHandlers, handling
from application.jobs.run_jobs import JobLimits
from bench.servers import ROOT, BenchError
from domain.jobs import Job, JobId
from entrypoints.background import jobs_of
from entrypoints.bootstrap.running import running
from entrypoints.settings.loading import load_settings

_COMMITTING = 8
"""How many leave jobs at the same time, each with a commit of its own."""
_PAUSE_SECONDS = 0.02
"""Between two of which each is to find nothing else going on."""
_PATIENCE_SECONDS = 60.0
_READY = b"ready\n"
_OPEN = compile_query(select(JobRow.id).where(JobRow.ended_at.is_(None)).limit(1))


@attrs.frozen
class Nothing(Payload):
    kind: ClassVar[str] = "bench.nothing"
    queue: ClassVar[str] = "default"


@attrs.frozen(kw_only=True)
class Jobs:
    """What one process made of them."""

    latencies: Sequence[float]
    """Milliseconds from the end of COMMIT to the first line of the handler."""
    rate: float
    """Per second, from the first that is left to the end of the last; they are left meanwhile."""

    @classmethod
    def measure(cls, dsn: str, environment: Mapping[str, str], *, alone: int, many: int) -> "Jobs":
        with _working(environment) as worker:
            committed, seconds = asyncio.run(_leave(dsn, alone=alone, many=many))
            worker.send_signal(signal.SIGTERM)
            output, _ = worker.communicate(timeout=_PATIENCE_SECONDS)
        lines = [line.split() for line in output.decode().splitlines()]
        begun = {UUID(job_id): float(at) for job_id, at in lines}
        if len(begun) != alone + many:
            raise BenchError(f"{alone + many} jobs were left, and {len(begun)} done")
        latencies = [(begun[job_id] - at) * 1e3 for job_id, at in committed.items()]
        return cls(latencies=latencies, rate=many / seconds)


def figures(runs: Sequence[Jobs]) -> dict[str, float]:
    """Medians over the rounds."""
    return {
        "commit_to_handler_p50_ms": median(median(run.latencies) for run in runs),
        "commit_to_handler_p95_ms": median(quantiles(run.latencies, n=20)[-1] for run in runs),
        "jobs_per_second": median(run.rate for run in runs),
    }


@contextlib.contextmanager
def _working(environment: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.jobs"],
        env={"PATH": os.defpath, **environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    try:
        if process.stdout is None or process.stdout.readline() != _READY:
            raise BenchError("whoever does the jobs did not start")
        yield process
    finally:
        process.kill()
        process.wait()


async def _leave(dsn: str, *, alone: int, many: int) -> tuple[dict[UUID, float], float]:
    """When each of the first ones was committed, and how long the many took to be done."""
    new_id, clock = Uuid7Factory(), SystemClock()
    async with open_database(dsn, PoolSettings()) as database:
        begin = BeginPostgresUnitOfWork(database, lambda _: None, CommittedEvents(new_id))

        async def leave() -> UUID:
            job_id = JobId(new_id())
            async with begin() as uow:
                await uow.outbox.add(Nothing(), job_id=job_id, at=clock.now())
                await uow.commit()
            return job_id

        async def leave_some(count: int) -> None:
            for _ in range(count):
                await leave()

        committed = {}
        for _ in range(alone):
            job_id = await leave()
            committed[job_id] = time.time()
            await asyncio.sleep(_PAUSE_SECONDS)
        began = time.perf_counter()
        await asyncio.gather(*(leave_some(many // _COMMITTING) for _ in range(_COMMITTING)))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            # It is another process that ends them: nothing here would tell.
            while await database.rows(_OPEN, {}):  # noqa: ASYNC110 - see above
                await asyncio.sleep(_PAUSE_SECONDS)
        return committed, time.perf_counter() - began


async def _work() -> None:
    settings = load_settings()
    if settings.database_url is None:
        raise BenchError("DATABASE_URL must be set")
    begun: list[tuple[UUID, float]] = []

    async def do_nothing(_payload: Nothing, job: Job) -> None:
        begun.append((job.id, time.time()))

    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with running(settings, settings.database_url) as inside:
        limits = JobLimits(concurrency=settings.jobs_concurrency)
        handlers = JobHandlers.of(handling(Nothing, do_nothing))
        sys.stdout.buffer.write(_READY)
        sys.stdout.flush()
        await jobs_of(inside, limits, handlers, Schedules())(stopping)
    for job_id, at in begun:
        print(job_id, at)


if __name__ == "__main__":
    uvloop.run(_work())
