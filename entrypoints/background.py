"""What is done beside the requests: which handler each kind of job has, what is due when, and who
runs it. The composition root of the background."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import time, timedelta

import attrs

from adapters.postgres.job_queue import PostgresJobQueue
from adapters.postgres.payloads import Payloads
from adapters.security.jitter import SystemJitter
from application.attachments.delete_blobs import DeleteBlobs, DeleteBlobsHandler
from application.attachments.sweep_blobs import SweepBlobs, SweepBlobsHandler
from application.audit.seal_audit import SealAudit, SealAuditHandler
from application.auth.mail_password_reset import MailPasswordReset, MailPasswordResetHandler
from application.auth.sweep_one_time_tokens import SweepOneTimeTokens, SweepOneTimeTokensHandler
from application.events.sweep_events import SweepEvents, SweepEventsHandler
from application.idempotency.sweep_kept_answers import (
    SweepKeptAnswers,
    SweepKeptAnswersHandler,
)
from application.jobs.plan_schedules import PlanSchedules, Schedule, Schedules
from application.jobs.ports import JobDispatcher, JobQueue
from application.jobs.purge_jobs import PurgeJobs, PurgeJobsHandler
from application.jobs.relay_jobs import RelayJobs
from application.jobs.run_job import TIME_LIMIT, JobHandlers, RunJob, handling
from application.jobs.run_jobs import JobLimits, RunJobs
from application.jobs.run_one_job import RunOneJob
from application.mail.send_mail import SendMail, SendMailHandler
from application.throttling.sweep_throttles import SweepThrottles, SweepThrottlesHandler
from application.users.purge_accounts import PurgeAccounts, PurgeAccountsHandler
from domain.access import SYSTEM
from domain.errors import Unavailable
from domain.jobs import Job
from domain.schedules import DailyAt, Every
from entrypoints.bootstrap.running import Inside
from entrypoints.bootstrap.services import Services
from entrypoints.settings.schema import Settings

DEFAULT_QUEUE = "default"
QUEUES = (DEFAULT_QUEUE, "mail")
"""Of all kinds of job."""
# Seconds.
_CHECK_TIMEOUT = 1.0

SCHEDULES = Schedules(
    (
        Schedule(name="purge jobs", timetable=DailyAt(time(hour=3, minute=10)), payload=PurgeJobs),
        Schedule(
            name="sweep one-time tokens",
            timetable=DailyAt(time(hour=3, minute=20)),
            payload=SweepOneTimeTokens,
        ),
        Schedule(
            name="sweep throttles",
            timetable=DailyAt(time(hour=3, minute=25)),
            payload=SweepThrottles,
        ),
        Schedule(
            name="sweep files", timetable=DailyAt(time(hour=3, minute=30)), payload=SweepBlobs
        ),
        Schedule(
            name="seal the audit trail", timetable=Every(timedelta(minutes=1)), payload=SealAudit
        ),
        Schedule(name="sweep events", timetable=Every(timedelta(hours=1)), payload=SweepEvents),
        Schedule(
            name="sweep kept answers", timetable=Every(timedelta(hours=1)), payload=SweepKeptAnswers
        ),
        Schedule(name="purge accounts", timetable=Every(timedelta(hours=1)), payload=PurgeAccounts),
    )
)


def job_handlers(services: Services) -> JobHandlers:
    """Every kind of job there is; one without a handler here can't be run."""

    async def seal_audit(_payload: SealAudit, _job: Job) -> None:
        await services[SealAuditHandler](SYSTEM)

    async def purge_accounts(_payload: PurgeAccounts, _job: Job) -> None:
        await services[PurgeAccountsHandler](SYSTEM)

    handlers = (
        handling(SealAudit, seal_audit),
        handling(PurgeAccounts, purge_accounts),
        handling(PurgeJobs, services[PurgeJobsHandler]),
        handling(SendMail, services[SendMailHandler]),
        handling(MailPasswordReset, services[MailPasswordResetHandler]),
        handling(SweepOneTimeTokens, services[SweepOneTimeTokensHandler]),
        handling(SweepEvents, services[SweepEventsHandler]),
        handling(SweepKeptAnswers, services[SweepKeptAnswersHandler]),
        handling(DeleteBlobs, services[DeleteBlobsHandler]),
        handling(SweepBlobs, services[SweepBlobsHandler]),
        handling(SweepThrottles, services[SweepThrottlesHandler]),
    )
    return JobHandlers.of(*handlers)


def jobs_of(
    inside: Inside,
    limits: JobLimits,
    handlers: JobHandlers,
    schedules: Schedules = SCHEDULES,
    time_limit: timedelta = TIME_LIMIT,
) -> RunJobs:
    run = _run_job(inside, handlers, time_limit)
    return RunJobs(
        queue=run.queue,
        signal=inside.job_signal,
        run=run,
        plan=_plan(inside, schedules),
        clock=inside.ports.clock,
        limits=limits,
    )


def one_job_of(inside: Inside, settings: Settings) -> RunOneJob:
    """For a worker that is told which."""
    run = _run_job(inside, job_handlers(inside.services), settings.job_time_limit)
    return RunOneJob(queue=run.queue, run=run, clock=inside.ports.clock)


def _run_job(inside: Inside, handlers: JobHandlers, time_limit: timedelta) -> RunJob:
    return RunJob(
        queue=_queue(inside, handlers),
        handlers=inside.watch.job_handlers(handlers),
        clock=inside.ports.clock,
        jitter=SystemJitter(),
        time_limit=time_limit,
    )


def _queue(inside: Inside, handlers: JobHandlers) -> JobQueue:
    return inside.watch.job_queue(PostgresJobQueue(inside.database, Payloads(handlers.by_payload)))


def _plan(inside: Inside, schedules: Schedules) -> PlanSchedules:
    ports = inside.ports
    return PlanSchedules(
        begin=ports.begin, schedules=schedules, clock=ports.clock, new_id=ports.new_id
    )


@attrs.frozen
class Background:
    """What goes on beside the requests, and what it stands on."""

    dispatcher: JobDispatcher | None = None

    async def checks(self) -> dict[str, str]:
        """Each `ok` or what is wrong with it; no secrets. Without them jobs wait, and no more."""
        if self.dispatcher is None:
            return {}
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT):
                await self.dispatcher.depth(DEFAULT_QUEUE)
        except (Unavailable, TimeoutError):
            return {"broker": "The broker does not answer."}
        return {"broker": "ok"}


@asynccontextmanager
async def running_jobs(inside: Inside, settings: Settings) -> AsyncIterator[Background]:
    """As long as the block runs: here, or by workers that are told of them, or left to other
    processes."""
    if settings.jobs_concurrency == 0:
        yield Background()
    elif settings.broker_url is not None:
        async with relaying_jobs(inside, settings, settings.broker_url) as background:
            yield background
    else:
        async with working(inside, settings, JobLimits(concurrency=settings.jobs_concurrency)):
            yield Background()


@asynccontextmanager
async def working(inside: Inside, settings: Settings, limits: JobLimits) -> AsyncIterator[None]:
    handlers = job_handlers(inside.services)
    jobs = jobs_of(inside, limits, handlers, time_limit=settings.job_time_limit)
    async with _until_the_end(jobs):
        yield


@asynccontextmanager
async def relaying_jobs(
    inside: Inside, settings: Settings, broker_url: str
) -> AsyncIterator[Background]:
    # Imported late, for Celery takes half a second, and most have no broker.
    from adapters.celery.app import celery_app  # noqa: PLC0415 - see above
    from adapters.celery.dispatcher import celery_job_dispatcher  # noqa: PLC0415 - see above

    app = celery_app(broker_url, time_limit=settings.job_time_limit)
    async with celery_job_dispatcher(app) as dispatcher:
        relay = RelayJobs(
            queues=QUEUES,
            queue=_queue(inside, job_handlers(inside.services)),
            signal=inside.job_signal,
            dispatcher=dispatcher,
            plan=_plan(inside, SCHEDULES),
            clock=inside.ports.clock,
        )
        async with _until_the_end(relay):
            yield Background(dispatcher)


@asynccontextmanager
async def _until_the_end(work: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    task = asyncio.ensure_future(work(stopping))
    try:
        yield
    finally:
        stopping.set()
        await task
