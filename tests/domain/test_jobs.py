"""What becomes of a job."""

from datetime import timedelta

import pytest

from domain.jobs import (
    MAX_ATTEMPTS,
    Job,
    JobFinished,
    JobNotWaiting,
    JobState,
    Lease,
)
from tests.builders import LATER, UPDATED, a_job

SECOND = timedelta(seconds=1)
LEASE = Lease()


def claimed(**attempts: int) -> Job:
    job = a_job(**attempts)  # type: ignore[arg-type]  # attempts alone
    job.claim(at=UPDATED, lease=LEASE)
    return job


def test_is_claimed_when_it_is_due_and_not_before() -> None:
    job = a_job(due_at=UPDATED)
    with pytest.raises(JobNotWaiting):
        job.claim(at=UPDATED - SECOND, lease=LEASE)
    job.claim(at=UPDATED, lease=LEASE)
    assert (job.state, job.attempts, job.started_at) == (JobState.RUNNING, 1, UPDATED)
    assert job.due_at == UPDATED + LEASE.duration


def test_is_anyone_elses_once_its_lease_is_over() -> None:
    job = claimed()
    with pytest.raises(JobNotWaiting):
        job.claim(at=job.due_at - SECOND, lease=LEASE)
    job.claim(at=job.due_at, lease=LEASE)
    assert job.attempts == 2


def test_a_lease_lasts_half_a_minute_at_most() -> None:
    assert Lease(timedelta(seconds=30)).renewal == timedelta(seconds=10)
    with pytest.raises(ValueError, match="<= 0:00:30"):
        Lease(timedelta(seconds=31))


def test_ends_well() -> None:
    job = claimed()
    job.last_error = "of an attempt before"
    job.succeed(at=LATER)
    assert (job.state, job.ended_at) == (JobState.FINISHED, LATER)
    assert not job.last_error
    assert not job.keeps_payload
    assert not job.is_due(LATER)


def test_is_tried_again_after_a_failure() -> None:
    job = claimed()
    job.fail("x" * 600, at=LATER, delay=SECOND)
    assert (job.state, job.due_at, job.ended_at) == (JobState.WAITING, LATER + SECOND, None)
    assert job.last_error == "x" * 500
    assert job.keeps_payload


def test_is_dead_after_its_last_attempt() -> None:
    job = claimed(attempts=MAX_ATTEMPTS - 1)
    job.fail("no", at=LATER, delay=SECOND)
    assert (job.state, job.ended_at, job.last_error) == (JobState.DEAD, LATER, "no")
    assert job.keeps_payload, "somebody may retry it"


def test_whoever_does_not_live_to_tell_uses_up_an_attempt_too() -> None:
    assert not claimed(attempts=MAX_ATTEMPTS - 1).is_worn_out
    assert claimed(attempts=MAX_ATTEMPTS).is_worn_out


def test_delays_double_up_to_ten_minutes() -> None:
    delays = [claimed(attempts=number).longest_delay.total_seconds() for number in range(12)]
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    assert claimed(attempts=10_000).longest_delay == timedelta(minutes=10)


def test_given_back_it_waits_as_if_it_had_not_been_claimed() -> None:
    job = claimed(attempts=3)
    job.release(at=LATER)
    assert (job.state, job.attempts, job.due_at) == (JobState.WAITING, 3, LATER)


def test_is_retried_from_the_start() -> None:
    dead = a_job(state=JobState.DEAD, attempts=MAX_ATTEMPTS, ended_at=UPDATED, last_error="no")
    dead.retry(at=LATER)
    assert (dead.state, dead.attempts, dead.due_at, dead.ended_at) == (
        *(JobState.WAITING, 0, LATER, None),
    )
    waiting = a_job(due_at=LATER)
    waiting.retry(at=UPDATED)
    assert waiting.is_due(UPDATED)


def test_can_be_retried_neither_while_it_runs_nor_once_it_is_forgotten() -> None:
    with pytest.raises(JobNotWaiting):
        claimed().retry(at=LATER)
    for state in (JobState.FINISHED, JobState.DISCARDED):
        with pytest.raises(JobFinished):
            a_job(state=state).retry(at=LATER)


def test_is_discarded_for_good() -> None:
    for state in (JobState.WAITING, JobState.DEAD):
        job = a_job(state=state)
        job.discard(at=LATER)
        assert (job.state, job.ended_at) == (JobState.DISCARDED, LATER)
        assert not job.keeps_payload
    for state in (JobState.RUNNING, JobState.FINISHED, JobState.DISCARDED):
        with pytest.raises(JobNotWaiting):
            a_job(state=state).discard(at=LATER)
