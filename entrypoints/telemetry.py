"""What is measured of a server, and how it is put together for whoever asks."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Never

import attrs

from adapters.postgres.observing import DatabaseObserver
from adapters.postgres.pool import ConnectionPool
from adapters.security.clock import SystemClock
from adapters.security.threads import BoundedThreads
from adapters.telemetry.event_loop import keep_measuring_lag
from adapters.telemetry.jobs import WatchedJobQueue
from adapters.telemetry.mail import MeasuredMailer
from adapters.telemetry.metrics import Metrics, Reading
from adapters.telemetry.queues import families_of_queues
from adapters.telemetry.shared import Alone, Slot, Together, exposed
from adapters.telemetry.shared_directory import new_shared_directory
from adapters.telemetry.spans import (
    TracedDatabase,
    TracedMailer,
    Tracer,
    traced_jobs,
    traced_use_case,
)
from adapters.telemetry.statements import MeasuredDatabase
from application.events.feed import Feed
from application.jobs.job_statistics import JobStatistics, JobStatisticsHandler
from application.jobs.ports import JobQueue
from application.jobs.run_job import JobHandlers
from application.jobs.views import QueueView
from application.mail.ports import Mailer
from domain.access import SYSTEM
from domain.errors import DomainError
from domain.service_name import NAME
from entrypoints.bootstrap.running import in_background
from entrypoints.bootstrap.services import Services
from entrypoints.bootstrap.watching import CacheUse
from entrypoints.redaction import redacted_of_people
from entrypoints.settings.schema import Settings
from entrypoints.version import VERSION

# Seconds. Prometheus gives up after ten, and wants the rest of the figures all the more.
_QUEUES_WITHIN = 1.5
_SHARE_EVERY = 1.0

SHARED = f"{NAME}-metrics-"
"""How directories begin that were made to be shared, and go with those who share them."""


@attrs.frozen
class Telemetry:
    """Is the `Watch` that a server opens its inside to."""

    database: DatabaseObserver
    metrics: Metrics | None
    """None where nobody could ask for them."""
    tracer: Tracer | None
    """None where nobody is told of traces, and then nothing is in the way of anything."""

    @classmethod
    def of(cls, settings: Settings) -> "Telemetry":
        metrics = Metrics() if settings.exposes_metrics else None
        slow = settings.database_slow_statement or float("inf")
        database = MeasuredDatabase(metrics, slow)
        tracer = _tracer(settings)
        if tracer is None:
            return cls(database, metrics, None)
        return cls(TracedDatabase(database, tracer), metrics, tracer)

    def mailer(self, mailer: Mailer) -> Mailer:
        measured = mailer if self.metrics is None else MeasuredMailer(mailer, self.metrics)
        return measured if self.tracer is None else TracedMailer(measured, self.tracer)

    def job_queue(self, queue: JobQueue) -> JobQueue:
        return WatchedJobQueue(queue, self.metrics, SystemClock())

    def job_handlers(self, handlers: JobHandlers) -> JobHandlers:
        return handlers if self.tracer is None else traced_jobs(handlers, self.tracer)

    def use_case(self, kind: type) -> type:
        return kind if self.tracer is None else traced_use_case(kind, self.tracer)

    def look_at(
        self,
        pool: ConnectionPool,
        threads: Sequence[BoundedThreads],
        feeds: Sequence[Feed[object]],
        caches: Mapping[str, CacheUse],
    ) -> None:
        if self.metrics is None:
            return
        self.metrics.tell_version(VERSION)
        of_threads = [reading for each in threads for reading in _of_threads(each)]
        of_caches = [reading for name, each in caches.items() for reading in _of_cache(name, each)]
        for reading in (*_of_pool(pool), *of_threads, _of_feeds(feeds), *of_caches):
            self.metrics.read(reading)

    @asynccontextmanager
    async def measuring(self, settings: Settings) -> AsyncIterator[Alone | Together | None]:
        """To be opened before all else, so that what is done last is told as well."""
        with _errors_told(settings):
            try:
                async with self._measured(settings) as figures:
                    yield figures
            finally:
                if self.tracer is not None:
                    await self.tracer.aclose()

    @asynccontextmanager
    async def _measured(self, settings: Settings) -> AsyncIterator[Alone | Together | None]:
        """The figures of this process, with those of the others where there are any."""
        if self.metrics is None:
            yield None
            return
        async with in_background(keep_measuring_lag(self.metrics)):
            if settings.metrics_dir is None:
                yield Alone(self.metrics)
                return
            with Slot.taken(settings.metrics_dir) as slot:
                figures = Together(self.metrics, slot)
                async with in_background(_keep_sharing(figures)):
                    yield figures
                figures.share()


def _tracer(settings: Settings) -> Tracer | None:
    if settings.otel_exporter_otlp_endpoint is None:
        return None
    # Imported late: most services have none, and it is an extra.
    from adapters.telemetry.traces import OpenTelemetryTracer  # noqa: PLC0415 - see above

    return OpenTelemetryTracer(
        settings.otel_exporter_otlp_endpoint,
        version=VERSION,
        environment=settings.environment.value,
    )


@contextmanager
def _errors_told(settings: Settings) -> Iterator[None]:
    if settings.sentry_dsn is None:
        yield
        return
    # Imported late: most services have none, and it is an extra.
    from adapters.telemetry.errors import errors_told_to  # noqa: PLC0415 - see above

    with errors_told_to(
        settings.sentry_dsn.get_secret_value(),
        environment=settings.environment.value,
        version=VERSION,
        redacted=redacted_of_people,
    ):
        yield


async def _keep_sharing(figures: Alone | Together) -> Never:
    while True:
        figures.share()
        await asyncio.sleep(_SHARE_EVERY)


@contextmanager
def figures_shared(settings: Settings) -> Iterator[Settings]:
    """The settings with a directory for the figures of several processes, where they name none."""
    if settings.metrics_dir is not None:
        yield settings
        return
    with new_shared_directory(SHARED) as directory:
        yield settings.model_copy(update={"metrics_dir": directory})


@asynccontextmanager
async def told_at(
    listener: socket.socket | None,
    figures: Alone | Together | None,
    services: Services,
    settings: Settings,
) -> AsyncIterator[None]:
    """Whoever asks there, for as long as the block lasts."""
    if listener is None or figures is None:
        yield
        return
    # Imported late: most processes are asked where they serve the API, or not at all.
    from entrypoints.http.metrics_server import metrics_served  # noqa: PLC0415 - see above

    async def told(_scope: object) -> bytes:
        return await exposition(figures, services)

    async with metrics_served(listener, told, settings):
        yield


async def exposition(figures: Alone | Together, services: Services) -> bytes:
    """All figures as Prometheus reads them. Those of the queues are the database's, told once."""
    queues = await _queues(services)

    def written() -> bytes:
        return exposed([*figures.collect(), *families_of_queues(queues)])

    # Reads what the other processes have written.
    return await asyncio.to_thread(written)


async def _queues(services: Services) -> Sequence[QueueView] | None:
    try:
        async with asyncio.timeout(_QUEUES_WITHIN):
            return await services[JobStatisticsHandler](JobStatistics(), SYSTEM)
    except (DomainError, TimeoutError):
        return None


def _of_pool(pool: ConnectionPool) -> list[Reading]:
    connections = "tessera_database_connections"
    described = "Connections to the database, by whether somebody has them."
    return [
        Reading(connections, described, lambda: pool.lent, {"state": "lent"}),
        Reading(connections, described, lambda: pool.idle, {"state": "idle"}),
        Reading("tessera_database_connections_max", "As many as there may be.", lambda: pool.size),
        Reading(
            "tessera_database_waiting",
            "Who waits for a connection right now.",
            lambda: pool.waiting,
        ),
        Reading(
            "tessera_database_refused",
            "Who waited for a connection in vain, or was sent away because too many did.",
            lambda: pool.refused,
            counts=True,
        ),
    ]


def _of_threads(threads: BoundedThreads) -> list[Reading]:
    work = {"work": threads.name}
    return [
        Reading("tessera_threads", "Threads for such work.", lambda: threads.threads, work),
        Reading("tessera_threads_busy", "Of these, those at work.", lambda: threads.busy, work),
        Reading(
            "tessera_threads_waiting",
            "Pieces of work that wait for a thread.",
            lambda: threads.queued,
            work,
        ),
        Reading(
            "tessera_threads_refused",
            "Pieces of work that were sent away, because too many waited.",
            lambda: threads.load.refused,
            work,
            counts=True,
        ),
    ]


def _of_cache(name: str, cache: CacheUse) -> list[Reading]:
    kept = {"cache": name}
    return [
        Reading(
            "tessera_cache_hits",
            "What was asked for and had in the process.",
            lambda: cache.hits,
            kept,
            counts=True,
        ),
        Reading(
            "tessera_cache_misses",
            "What was asked for and had to be read.",
            lambda: cache.misses,
            kept,
            counts=True,
        ),
    ]


def _of_feeds(feeds: Sequence[Feed[object]]) -> Reading:
    return Reading(
        "tessera_live_connections",
        "Who follows events, by WebSocket or as a stream.",
        lambda: sum(feed.followers for feed in feeds),
    )
