"""What is done beside the requests: which handler each kind of job has, what is due when, and who
runs it. The composition root of the background."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time, timedelta

from adapters.postgres.job_queue import PostgresJobQueue
from adapters.postgres.payloads import Payloads
from adapters.security.jitter import SystemJitter
from application.audit.seal_audit import SealAudit, SealAuditHandler
from application.auth.mail_password_reset import MailPasswordReset, MailPasswordResetHandler
from application.auth.sweep_one_time_tokens import SweepOneTimeTokens, SweepOneTimeTokensHandler
from application.files.delete_blobs import DeleteBlobs, DeleteBlobsHandler
from application.files.sweep_blobs import SweepBlobs, SweepBlobsHandler
from application.idempotency.sweep_kept_answers import (
    SweepKeptAnswers,
    SweepKeptAnswersHandler,
)
from application.items.sweep_item_events import SweepItemEvents, SweepItemEventsHandler
from application.jobs.plan_schedules import PlanSchedules, Schedule, Schedules
from application.jobs.ports import JobQueue
from application.jobs.purge_jobs import PurgeJobs, PurgeJobsHandler
from application.jobs.run_job import JobHandlers, RunJob, handling
from application.jobs.run_jobs import JobLimits, RunJobs
from application.mail.send_mail import SendMail, SendMailHandler
from application.throttling.sweep_throttles import SweepThrottles, SweepThrottlesHandler
from application.users.purge_accounts import PurgeAccounts, PurgeAccountsHandler
from domain.access import SYSTEM
from domain.jobs import Job
from domain.schedules import DailyAt, Every
from entrypoints.bootstrap.running import Tessera
from entrypoints.bootstrap.services import Services
from entrypoints.settings.schema import Settings

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
        Schedule(
            name="sweep item events", timetable=Every(timedelta(hours=1)), payload=SweepItemEvents
        ),
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

    return JobHandlers.of(
        handling(SealAudit, seal_audit),
        handling(PurgeAccounts, purge_accounts),
        handling(PurgeJobs, services[PurgeJobsHandler]),
        handling(SendMail, services[SendMailHandler]),
        handling(MailPasswordReset, services[MailPasswordResetHandler]),
        handling(SweepOneTimeTokens, services[SweepOneTimeTokensHandler]),
        handling(SweepItemEvents, services[SweepItemEventsHandler]),
        handling(SweepKeptAnswers, services[SweepKeptAnswersHandler]),
        handling(DeleteBlobs, services[DeleteBlobsHandler]),
        handling(SweepBlobs, services[SweepBlobsHandler]),
        handling(SweepThrottles, services[SweepThrottlesHandler]),
    )


def jobs_of(
    tessera: Tessera, limits: JobLimits, handlers: JobHandlers, schedules: Schedules = SCHEDULES
) -> RunJobs:
    ports = tessera.ports
    queue: JobQueue = tessera.watch.job_queue(
        PostgresJobQueue(tessera.database, Payloads(handlers.by_payload))
    )
    return RunJobs(
        queue=queue,
        signal=tessera.job_signal,
        run=RunJob(queue=queue, handlers=handlers, clock=ports.clock, jitter=SystemJitter()),
        plan=PlanSchedules(
            begin=ports.begin, schedules=schedules, clock=ports.clock, new_id=ports.new_id
        ),
        clock=ports.clock,
        limits=limits,
    )


@asynccontextmanager
async def running_jobs(tessera: Tessera, settings: Settings) -> AsyncIterator[None]:
    """As long as the block runs, unless it is left to other processes."""
    if settings.jobs_concurrency == 0:
        yield
        return
    stopping = asyncio.Event()
    limits = JobLimits(concurrency=settings.jobs_concurrency)
    jobs = jobs_of(tessera, limits, job_handlers(tessera.services))
    task = asyncio.create_task(jobs(stopping))
    try:
        yield
    finally:
        stopping.set()
        await task
