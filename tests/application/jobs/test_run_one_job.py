"""A worker that is told of a job runs it, unless there is nothing to be done."""

import asyncio
import logging
from datetime import timedelta

import pytest

from domain.errors import Unavailable
from domain.jobs import JobState, Lease
from tests.application.jobs.running import Workshop
from tests.chores import Chore
from tests.polling import until


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


async def test_runs_what_it_is_told_of(workshop: Workshop) -> None:
    job_id = await workshop.leave(Chore(name="windows"))
    await workshop.leave(Chore(name="dishes"))
    await workshop.worker()(job_id)
    assert workshop.do_chore.done == ["windows"]
    assert workshop.job(job_id).state is JobState.FINISHED


async def test_runs_once_what_it_is_told_of_twice(workshop: Workshop) -> None:
    workshop.do_chore.may_end.clear()
    job_id = await workshop.leave(Chore())
    first = asyncio.create_task(workshop.worker()(job_id))
    await until(lambda: workshop.do_chore.begun, "a beginning")
    await workshop.worker()(job_id)
    workshop.do_chore.may_end.set()
    await first
    await workshop.worker()(job_id)
    assert workshop.do_chore.begun == 1


async def test_leaves_a_failed_one_to_be_told_of_again(workshop: Workshop) -> None:
    workshop.do_chore.failures = [ZeroDivisionError()]
    job_id = await workshop.leave(Chore())
    await workshop.worker()(job_id)
    job = workshop.job(job_id)
    assert (job.state, job.attempts) == (JobState.WAITING, 1)
    assert job.due_at > workshop.clock.now()


async def test_a_long_one_keeps_its_lease(workshop: Workshop) -> None:
    workshop.do_chore.may_end.clear()
    lease = Lease(timedelta(milliseconds=15))
    job_id = await workshop.leave(Chore())
    task = asyncio.create_task(workshop.worker(lease)(job_id))
    await until(lambda: workshop.do_chore.begun, "its beginning")
    for _ in range(3):
        workshop.clock.advance(timedelta(seconds=10))
        renewed = workshop.clock.now() + lease.duration
        await until(lambda renewed=renewed: workshop.job(job_id).due_at == renewed, "a renewal")  # type: ignore[misc]  # bound now
    workshop.do_chore.may_end.set()
    await task
    assert workshop.job(job_id).state is JobState.FINISHED


async def test_interrupted_it_gives_the_job_back(workshop: Workshop) -> None:
    workshop.do_chore.may_end.clear()
    job_id = await workshop.leave(Chore())
    task = asyncio.create_task(workshop.worker()(job_id))
    await until(lambda: workshop.do_chore.begun, "a beginning")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    job = workshop.job(job_id)
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


async def test_passes_over_what_it_can_not_claim_while_the_database_is_away(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    worker, job_id = workshop.worker(), await workshop.leave(Chore())

    async def fail(*_: object, **__: object) -> None:
        raise Unavailable("It is away.")

    with monkeypatch.context() as patched:
        patched.setattr(type(worker.queue), "claim_one", fail)
        await worker(job_id)
        await worker(job_id)
    assert workshop.do_chore.begun == 0
    await worker(job_id)
    assert workshop.do_chore.done == ["dishes"]
    assert caplog.messages == ["jobs have to wait: It is away.", "jobs have to wait: no longer"]
