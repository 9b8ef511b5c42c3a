"""What use cases leave for later."""

from datetime import timedelta

import pytest

from application import correlation
from domain.jobs import JobId, JobNotFound, JobState, Lease
from tests.builders import CREATED, LATER, a_user, new_id
from tests.chores import Chore, UrgentChore, leave
from tests.contracts.storage import Storage


async def test_becomes_a_job_when_it_is_committed(storage: Storage) -> None:
    job_id = await leave(storage.begin, UrgentChore(), at=CREATED)
    shown = await storage.jobs.get(job_id)
    assert (shown.kind, shown.queue, shown.priority) == ("tests.urgent_chore", "chores", 5)
    assert (shown.state, shown.attempts) == (JobState.WAITING, 0)
    assert shown.created_at == shown.due_at == CREATED


async def test_is_nothing_where_the_use_case_is_undone(storage: Storage) -> None:
    job_id = JobId(new_id())
    async with storage.begin() as uow:
        await uow.users.add(a_user())
        await uow.outbox.add(Chore(), job_id=job_id, at=CREATED)
    with pytest.raises(JobNotFound):
        await storage.jobs.get(job_id)
    assert await storage.job_queue.claim(10, at=LATER, lease=Lease()) == []


async def test_is_not_begun_before_its_time(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=LATER)
    early = LATER - timedelta(microseconds=1)
    assert await storage.job_queue.claim(10, at=early, lease=Lease()) == []
    assert len(await storage.job_queue.claim(10, at=LATER, lease=Lease())) == 1


async def test_names_the_request_that_left_it(storage: Storage) -> None:
    token = correlation.request_id.set("of-mine")
    try:
        job_id = await leave(storage.begin, Chore(), at=CREATED)
    finally:
        correlation.request_id.reset(token)
    assert (await storage.jobs.get(job_id)).request_id == "of-mine"
    [claimed] = await storage.job_queue.claim(1, at=CREATED, lease=Lease())
    assert claimed.job.request_id == "of-mine"


async def test_carries_the_trace_of_what_left_it(storage: Storage) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    token = correlation.trace_parent.set(parent)
    try:
        await leave(storage.begin, Chore(), at=CREATED)
    finally:
        correlation.trace_parent.reset(token)
    [claimed] = await storage.job_queue.claim(1, at=CREATED, lease=Lease())
    assert claimed.job.trace_parent == parent
