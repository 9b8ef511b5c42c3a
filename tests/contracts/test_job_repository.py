"""Whole jobs, for changing."""

from datetime import timedelta

import pytest

from domain.jobs import JobId, JobNotFound, JobState, Lease
from tests.builders import CREATED, LATER, new_id
from tests.chores import Chore, leave
from tests.contracts.storage import Storage

LEASE = Lease()
DAY = timedelta(days=1)


async def ended(storage: Storage, state: JobState) -> JobId:
    job_id = await leave(storage.begin, Chore(), at=CREATED)
    [claimed] = await storage.job_queue.claim(1, at=CREATED, lease=LEASE)
    if state is JobState.FINISHED:
        claimed.job.succeed(at=LATER)
    else:
        claimed.job.die("no", at=LATER)
    assert await storage.job_queue.settle(claimed.job)
    return job_id


async def is_known(storage: Storage, job_id: JobId) -> bool:
    try:
        await storage.jobs.get(job_id)
    except JobNotFound:
        return False
    return True


async def test_keeps_a_change(storage: Storage) -> None:
    job_id = await ended(storage, JobState.DEAD)
    async with storage.begin() as uow:
        job = await uow.jobs.get(job_id)
        assert (job.state, job.last_error, job.ended_at) == (JobState.DEAD, "no", LATER)
        job.retry(at=LATER)
        await uow.jobs.save(job)
        await uow.commit()
    [claimed] = await storage.job_queue.claim(1, at=LATER, lease=LEASE)
    assert (claimed.job.id, claimed.job.attempts, claimed.payload) == (job_id, 1, Chore())


async def test_forgets_what_a_discarded_one_was_about(storage: Storage) -> None:
    job_id = await leave(storage.begin, Chore(name="secret"), at=CREATED)
    async with storage.begin() as uow:
        job = await uow.jobs.get(job_id)
        job.discard(at=LATER)
        await uow.jobs.save(job)
        # Nothing comes of this: it only shows whether the payload is still there.
        job.state, job.ended_at = JobState.WAITING, None
        await uow.jobs.save(job)
        await uow.commit()
    [claimed] = await storage.job_queue.claim(1, at=LATER, lease=LEASE)
    assert claimed.payload != Chore(name="secret")


async def test_the_unknown_is_not_found(storage: Storage) -> None:
    async with storage.begin() as uow:
        with pytest.raises(JobNotFound):
            await uow.jobs.get(JobId(new_id()))


async def test_removes_what_ended_before(storage: Storage) -> None:
    finished = [await ended(storage, JobState.FINISHED) for _ in range(3)]
    dead = await ended(storage, JobState.DEAD)
    waiting = await leave(storage.begin, Chore(), at=CREATED)

    async def removed(*states: JobState, days: int, limit: int = 10) -> int:
        async with storage.begin() as uow:
            count = await uow.jobs.remove_ended(states, before=LATER + days * DAY, limit=limit)
            await uow.commit()
        return count

    assert await removed(JobState.FINISHED, days=0) == 0
    assert await removed(JobState.FINISHED, days=1, limit=2) == 2
    assert await removed(JobState.FINISHED, days=1, limit=2) == 1
    assert [await is_known(storage, each) for each in finished] == [False] * 3
    assert await is_known(storage, dead)
    assert await removed(JobState.DEAD, JobState.DISCARDED, days=1) == 1
    assert await is_known(storage, waiting)
