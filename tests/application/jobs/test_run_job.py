"""Run a job that was claimed, and write down what came of it."""

import asyncio
import logging
from datetime import timedelta

import pytest

from application.jobs.failure import Permanent
from application.jobs.payload import Unreadable
from application.jobs.ports import Claimed
from application.jobs.run_job import JobHandlers, handling
from domain.errors import Unavailable
from domain.jobs import MAX_ATTEMPTS, JobState, Lease
from tests.application.jobs.running import Workshop
from tests.builders import a_job
from tests.chores import Chore, DoChore, UrgentChore
from tests.polling import until


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


async def claimed(workshop: Workshop) -> Claimed:
    await workshop.leave(Chore(name="windows"))
    [claimed] = await workshop.queue.claim(1, at=workshop.clock.now(), lease=Lease())
    return claimed


async def test_does_it_and_forgets_what_it_was_about(workshop: Workshop) -> None:
    job_id = (each := await claimed(workshop)).job.id
    await workshop.run(each)
    assert workshop.do_chore.done == ["windows"]
    assert workshop.job(job_id).state is JobState.FINISHED
    assert workshop.stored(job_id).payload is None


async def test_a_failure_is_tried_again_later(workshop: Workshop) -> None:
    workshop.do_chore.failures = [OSError("Connection reset by peer")]
    each = await claimed(workshop)
    await workshop.run(each)
    job = workshop.job(each.job.id)
    assert (job.state, job.last_error) == (JobState.WAITING, "OSError: Connection reset by peer")
    assert job.due_at == workshop.clock.now() + job.longest_delay
    assert workshop.stored(job.id).payload == Chore(name="windows")


async def test_a_failure_that_will_not_pass_is_not_tried_again(workshop: Workshop) -> None:
    workshop.do_chore.failures = [Permanent("550 no such mailbox")]
    each = await claimed(workshop)
    await workshop.run(each)
    job = workshop.job(each.job.id)
    assert (job.state, job.attempts) == (JobState.DEAD, 1)
    assert job.last_error == "Permanent: 550 no such mailbox"


async def test_what_cannot_be_read_is_dead_at_once(workshop: Workshop) -> None:
    each = await claimed(workshop)
    await workshop.run(Claimed(each.job, Unreadable("required field missing @ $.to")))
    job = workshop.job(each.job.id)
    assert (job.state, job.last_error) == (
        JobState.DEAD,
        "unreadable: required field missing @ $.to",
    )
    assert workshop.do_chore.begun == 0


async def test_what_ends_whoever_runs_it_is_dead_in_the_end(workshop: Workshop) -> None:
    await workshop.leave(Chore())
    lease = Lease()
    for _ in range(MAX_ATTEMPTS):
        [each] = await workshop.queue.claim(1, at=workshop.clock.now(), lease=lease)
        assert not each.job.is_worn_out
        workshop.clock.advance(lease.duration)
    [each] = await workshop.queue.claim(1, at=workshop.clock.now(), lease=lease)
    await workshop.run(each)
    assert workshop.job(each.job.id).state is JobState.DEAD
    assert workshop.do_chore.begun == 0


@pytest.mark.parametrize(
    "failure",
    [
        ValueError("can't reach postgresql://ann:hush@db/tessera"),
        ValueError("Authorization: Bearer hush"),
        ValueError("the password hush is wrong"),
        ValueError("550 <hush@example.com> is unknown"),
        ValueError("https://example.com/reset#token=hushhushhushhushhushhush"),
        Permanent("token=hush"),
    ],
)
async def test_what_is_kept_of_a_failure_holds_no_secret(
    workshop: Workshop, failure: Exception
) -> None:
    workshop.do_chore.failures = [failure]
    each = await claimed(workshop)
    await workshop.run(each)
    kept = workshop.job(each.job.id).last_error
    assert kept is not None
    assert kept.startswith(f"{type(failure).__name__}: ")
    assert "hush" not in kept


async def test_a_line_of_what_is_kept_is_one_line(workshop: Workshop) -> None:
    workshop.do_chore.failures = [ValueError("a\nb\0\x1b[31m c" + " d" * 600)]
    each = await claimed(workshop)
    await workshop.run(each)
    kept = workshop.job(each.job.id).last_error or ""
    assert kept.startswith("ValueError: a b [31m c d d")
    assert len(kept) == 500


async def test_interrupted_it_is_given_back(workshop: Workshop) -> None:
    workshop.do_chore.may_end.clear()
    each = await claimed(workshop)
    task = asyncio.create_task(workshop.run(each))
    await until(lambda: workshop.do_chore.begun, "a beginning")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    job = workshop.job(each.job.id)
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


async def test_what_was_done_is_written_down_once_the_database_is_back(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pause = timedelta(milliseconds=1)
    monkeypatch.setattr("application.jobs.run_job._BETWEEN_ATTEMPTS_TO_SETTLE", pause)
    caplog.set_level(logging.INFO)
    run, absences = workshop.run, [Unavailable(), Unavailable("It is away.")]
    settle = run.queue.settle

    async def settle_later(job: object) -> bool:
        if absences:
            raise absences.pop()
        return await settle(job)  # type: ignore[arg-type]  # a job

    monkeypatch.setattr(type(run.queue), "settle", lambda _, job: settle_later(job))
    each = await claimed(workshop)
    await run(each)
    assert workshop.job(each.job.id).state is JobState.FINISHED
    assert workshop.do_chore.done == ["windows"]
    assert caplog.messages == [
        "what came of jobs can't be written down: It is away.",
        "what came of jobs can't be written down: no longer",
    ]


async def test_a_handler_is_given_no_payload_but_its_own() -> None:
    _, handle = handling(UrgentChore, DoChore())
    with pytest.raises(TypeError, match="UrgentChore was to be handled, not Chore"):
        await handle(Chore(), a_job())


def test_no_kind_has_two_handlers() -> None:
    with pytest.raises(TypeError, match="two handlers"):
        JobHandlers.of(handling(Chore, DoChore()), handling(Chore, DoChore()))
