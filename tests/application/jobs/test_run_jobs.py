"""Jobs are run as they become due, several at once, until told to stop."""

import asyncio
import logging
from datetime import timedelta

import pytest

from application.jobs import run_jobs
from application.jobs.plan_schedules import Schedule, Schedules
from domain.errors import Unavailable
from domain.jobs import JobState, Lease
from domain.schedules import Every
from tests.application.jobs.running import Workshop
from tests.chores import Chore
from tests.polling import until

SECOND = timedelta(seconds=1)


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


async def test_runs_what_was_left_before_and_what_comes(workshop: Workshop) -> None:
    await workshop.leave(Chore(name="before"))
    async with workshop.running():
        await until(lambda: workshop.do_chore.done == ["before"], "the one before")
        await workshop.leave(Chore(name="after"))
        await until(lambda: workshop.do_chore.done == ["before", "after"], "the one after")


async def test_hears_of_what_comes_and_does_not_only_look(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "POLL_SECONDS", 1000)
    async with workshop.running():
        await workshop.leave(Chore())
        await until(lambda: workshop.do_chore.done, "what it was told of")


async def test_goes_on_as_long_as_there_is_more(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "POLL_SECONDS", 1000)
    for number in range(50):
        await workshop.leave(Chore(name=str(number)))
    async with workshop.running():
        await until(lambda: len(workshop.do_chore.done) == 50, "all of them")


async def test_looks_for_itself_where_it_hears_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "POLL_SECONDS", 0.005)
    await workshop.leave(Chore(), after=10 * SECOND)
    async with workshop.running():
        await until(lambda: not workshop.database.job_signal._heard.is_set(), "silence")
        workshop.clock.advance(10 * SECOND)
        await until(lambda: workshop.do_chore.done, "what came due by itself")


async def test_runs_no_more_at_once_than_it_may(workshop: Workshop) -> None:
    workshop.do_chore.may_end.clear()
    for number in range(7):
        await workshop.leave(Chore(name=str(number)))
    async with workshop.running(workshop.runner(concurrency=3)):
        await until(lambda: workshop.do_chore.begun == 3, "as many as may be")
        states = [stored.job.state for stored in workshop.database.tables.jobs.scan()]
        assert states.count(JobState.RUNNING) == 3, "what can't be run yet is left to others"
        workshop.do_chore.may_end.set()
        await until(lambda: len(workshop.do_chore.done) == 7, "the rest")


async def test_one_that_takes_long_keeps_no_other_waiting(workshop: Workshop) -> None:
    workshop.do_chore.may_end.clear()
    await workshop.leave(Chore(name="slow"))
    async with workshop.running(workshop.runner(concurrency=2)):
        await until(lambda: workshop.do_chore.begun == 1, "the slow one")
        slow = workshop.do_chore.may_end
        workshop.do_chore.may_end = asyncio.Event()
        workshop.do_chore.may_end.set()
        for number in range(5):
            await workshop.leave(Chore(name=str(number)))
        await until(lambda: len(workshop.do_chore.done) == 5, "the quick ones")
        slow.set()


async def test_a_failed_one_keeps_no_other_from_running(workshop: Workshop) -> None:
    workshop.do_chore.failures = [ZeroDivisionError()]
    await workshop.leave(Chore(name="first"))
    await workshop.leave(Chore(name="second"))
    async with workshop.running(workshop.runner(concurrency=1)):
        await until(lambda: workshop.do_chore.done == ["second"], "the second")


async def test_goes_on_after_the_database_was_away(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "POLL_SECONDS", 0.005)
    runner, failures = workshop.runner(), [Unavailable(), ZeroDivisionError("a bug")]
    claim = runner.queue.claim

    async def claim_later(limit: int, **options: object) -> object:
        if failures:
            raise failures.pop()
        return await claim(limit, **options)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(type(runner.queue), "claim", lambda _, limit, **o: claim_later(limit, **o))
    await workshop.leave(Chore())
    async with workshop.running(runner):
        await until(lambda: workshop.do_chore.done, "what was left")


async def test_tells_once_that_the_database_is_away_and_once_that_it_is_back(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(run_jobs, "POLL_SECONDS", 0.001)
    caplog.set_level(logging.INFO)
    runner, failures = workshop.runner(), [Unavailable("It is away.")] * 20
    claim = runner.queue.claim

    async def claim_later(limit: int, **options: object) -> object:
        if failures:
            raise failures.pop()
        return await claim(limit, **options)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(type(runner.queue), "claim", lambda _, limit, **o: claim_later(limit, **o))
    await workshop.leave(Chore())
    async with workshop.running(runner):
        await until(lambda: workshop.do_chore.done, "what was left")
    assert caplog.messages == ["jobs have to wait: It is away.", "jobs have to wait: no longer"]


async def test_a_long_one_keeps_its_lease(workshop: Workshop) -> None:
    workshop.do_chore.may_end.clear()
    lease = Lease(timedelta(milliseconds=15))
    job_id = await workshop.leave(Chore())
    async with workshop.running(workshop.runner(lease=lease)):
        await until(lambda: workshop.do_chore.begun, "its beginning")
        for _ in range(5):
            workshop.clock.advance(lease.duration * 2 / 3)
            renewed = workshop.clock.now() + lease.duration
            await until(lambda renewed=renewed: workshop.job(job_id).due_at == renewed, "a renewal")  # type: ignore[misc]  # bound now
        workshop.do_chore.may_end.set()
    assert (workshop.do_chore.begun, workshop.job(job_id).state) == (1, JobState.FINISHED)


async def test_finishes_what_it_has_begun_when_it_is_to_stop(workshop: Workshop) -> None:
    workshop.do_chore.may_end.clear()
    begun, waiting = [await workshop.leave(Chore(name=name)) for name in ("begun", "waiting")]
    stopping = asyncio.Event()
    task = asyncio.create_task(workshop.runner(concurrency=1)(stopping))
    await until(lambda: workshop.do_chore.begun, "a beginning")
    stopping.set()
    workshop.do_chore.may_end.set()
    await task
    assert workshop.job(begun).state is JobState.FINISHED
    assert workshop.job(waiting).state is JobState.WAITING


async def test_gives_back_what_it_cannot_finish_in_time(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "GRACE_SECONDS", 0.01)
    workshop.do_chore.may_end.clear()
    job_id = await workshop.leave(Chore())
    async with workshop.running():
        await until(lambda: workshop.do_chore.begun, "a beginning")
    job = workshop.job(job_id)
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


async def test_after_a_crash_somebody_else_runs_it_once_the_lease_is_over(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "POLL_SECONDS", 0.005)
    job_id = await workshop.leave(Chore())
    lease = Lease(5 * SECOND)
    # Claimed, and never heard of again.
    await workshop.queue.claim(1, at=workshop.clock.now(), lease=lease)
    async with workshop.running():
        await until(lambda: not workshop.database.job_signal._heard.is_set(), "a look")
        assert workshop.do_chore.begun == 0
        workshop.clock.advance(lease.duration)
        await until(lambda: workshop.do_chore.done, "the next attempt")
    assert workshop.job(job_id).attempts == 2


async def test_what_is_scheduled_is_run(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_jobs, "SCHEDULE_SECONDS", 0.005)
    chore = Schedule(name="windows", timetable=Every(60 * SECOND), payload=Chore)
    runner = workshop.runner(schedules=Schedules((chore,)))
    async with workshop.running(runner):
        await until(lambda: workshop.database.tables.schedules.find("windows"), "a plan")
        assert workshop.do_chore.done == []
        workshop.clock.advance(60 * SECOND)
        await until(lambda: workshop.do_chore.done == ["dishes"], "the first time")
        workshop.clock.advance(60 * SECOND)
        await until(lambda: workshop.do_chore.done == ["dishes"] * 2, "the second")
