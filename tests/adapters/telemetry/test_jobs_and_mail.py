"""What becomes of jobs and mails, counted."""

import asyncio
from datetime import timedelta

import attrs
import pytest
from structlog.testing import capture_logs

from adapters.memory.jobs import NoJitter
from adapters.memory.mail import MemoryMailer
from adapters.telemetry.jobs import WatchedJobQueue
from adapters.telemetry.mail import MeasuredMailer
from adapters.telemetry.metrics import Metrics
from application import correlation
from application.jobs.failure import Permanent
from application.jobs.run_job import JobHandlers, RunJob, handling
from application.mail.ports import Mail, MailText
from domain.jobs import Job, JobId, Lease
from tests.adapters.telemetry.test_metrics import told
from tests.application.jobs.running import Workshop
from tests.builders import CREATED, new_id
from tests.chores import Chore
from tests.polling import until

A_MAIL = Mail(
    id=JobId(new_id()),
    to="ann@example.com",
    written_at=CREATED,
    content=MailText(subject="Hello", text="Hello", html="<p>Hello</p>", language="en"),
)


@attrs.frozen
class Measured:
    workshop: Workshop = attrs.field(factory=Workshop)
    metrics: Metrics = attrs.field(factory=Metrics)

    @property
    def queue(self) -> WatchedJobQueue:
        return WatchedJobQueue(self.workshop.queue, self.metrics, self.workshop.clock)

    async def run(self) -> None:
        handlers = JobHandlers.of(handling(Chore, self.workshop.do_chore))
        run = RunJob(self.queue, handlers, self.workshop.clock, NoJitter())
        for claimed in await self.queue.claim(10, at=self.workshop.clock.now(), lease=Lease()):
            await run(claimed)

    def outcomes(self) -> set[str]:
        beginning = 'tessera_jobs_total{kind="tests.chore",outcome='
        return {each.removeprefix(beginning) for each in told(self.metrics) if beginning in each}


async def test_an_attempt_is_counted_with_what_came_of_it() -> None:
    measured = Measured()
    workshop = measured.workshop
    workshop.do_chore.failures = [OSError("gone"), Permanent("never")]
    for _ in range(3):
        await workshop.leave(Chore())
    await measured.run()

    assert measured.outcomes() == {'"failed"} 1.0', '"dead"} 1.0', '"finished"} 1.0'}
    assert 'tessera_job_duration_seconds_count{kind="tests.chore"} 3.0' in told(measured.metrics)


async def test_an_attempt_that_is_given_back_did_not_fail() -> None:
    measured = Measured()
    workshop = measured.workshop
    workshop.do_chore.may_end.clear()
    await workshop.leave(Chore())
    task = asyncio.create_task(measured.run())
    await until(lambda: workshop.do_chore.begun, "a beginning")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert measured.outcomes() == {'"released"} 1.0'}


async def test_how_late_a_job_begins_is_told_of_its_first_attempt_alone() -> None:
    measured = Measured()
    workshop = measured.workshop
    workshop.do_chore.failures = [OSError("gone")]
    await workshop.leave(Chore())
    workshop.clock.advance(timedelta(seconds=2))
    await measured.run()
    workshop.clock.advance(timedelta(minutes=1))
    await measured.run()

    lines = told(measured.metrics)
    assert 'tessera_job_start_latency_seconds_count{queue="chores"} 1.0' in lines
    assert 'tessera_job_start_latency_seconds_sum{queue="chores"} 2.0' in lines


async def test_an_attempt_is_told_in_one_line() -> None:
    measured = Measured()
    workshop = measured.workshop
    workshop.do_chore.failures = [OSError("gone")]
    token = correlation.request_id.set("of-mine")
    job_id = await workshop.leave(Chore())
    correlation.request_id.reset(token)
    with capture_logs() as lines:
        await measured.run()
        workshop.clock.advance(timedelta(minutes=1))
        await measured.run()

    for line, attempt, level, outcome in zip(
        lines, (1, 2), ("warning", "info"), ("failed", "finished"), strict=True
    ):
        assert line["event"] == f"tests.chore {job_id} {outcome}"
        assert (line["log_level"], line["outcome"]) == (level, outcome)
        assert (line["kind"], line["attempt"]) == ("tests.chore", attempt)
        assert (line["job_id"], line["request_id"]) == (str(job_id), "of-mine")
    assert lines[0]["error"] == "OSError: gone"
    assert "error" not in lines[1]


async def test_what_a_job_leads_to_is_of_the_same_request() -> None:
    measured = Measured()
    workshop = measured.workshop
    seen: list[str | None] = []

    async def look(_chore: Chore, _job: Job) -> None:
        seen.append(correlation.request_id.get())

    handlers = JobHandlers.of(handling(Chore, look))
    run = RunJob(measured.queue, handlers, workshop.clock, NoJitter())
    token = correlation.request_id.set("of-mine")
    await workshop.leave(Chore())
    correlation.request_id.reset(token)
    for claimed in await measured.queue.claim(10, at=workshop.clock.now(), lease=Lease()):
        await asyncio.create_task(run(claimed))

    assert seen == ["of-mine"]


async def test_mails_are_counted_by_what_became_of_them() -> None:
    metrics = Metrics()
    mailer = MeasuredMailer(MemoryMailer(failures=[OSError("gone"), Permanent("never")]), metrics)
    for failure in (OSError, Permanent):
        with pytest.raises(failure):
            await mailer.send(A_MAIL)
    await mailer.send(A_MAIL)

    lines = told(metrics)
    for outcome in ("failed", "refused", "sent"):
        assert f'tessera_mails_total{{outcome="{outcome}"}} 1.0' in lines
    assert "tessera_mail_duration_seconds_count 3.0" in lines
