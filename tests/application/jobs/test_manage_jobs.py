"""Looking after jobs: list, show, retry, discard, and forget."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from application.jobs.discard_job import DiscardJob, DiscardJobHandler
from application.jobs.get_job import GetJob, GetJobHandler
from application.jobs.job_statistics import JobStatistics, JobStatisticsHandler
from application.jobs.list_jobs import ListJobs, ListJobsHandler
from application.jobs.listing import JobFilter
from application.jobs.purge_jobs import PurgeJobs, PurgeJobsHandler
from application.jobs.retry_job import RetryJob, RetryJobHandler
from application.paging import PageRequest
from domain.access import ANONYMOUS, SYSTEM, Actor, NotAuthenticated, Permission, PermissionDenied
from domain.errors import Invalid
from domain.jobs import JobId, JobNotFound, JobState, Lease
from tests.application.service import Service
from tests.builders import a_job, an_actor, new_id
from tests.chores import Chore, leave

READER = an_actor(Permission.JOBS_READ)
MANAGER = an_actor(Permission.JOBS_MANAGE)
DAY = timedelta(days=1)


async def a_dead_one(service: Service) -> JobId:
    job_id = await leave(service.database, Chore(), at=service.clock.now())
    [claimed] = await service.job_queue.claim(1, at=service.clock.now(), lease=Lease())
    claimed.job.die("no", at=service.clock.now())
    await service.job_queue.settle(claimed.job)
    return job_id


async def test_lists_and_shows(service: Service) -> None:
    job_id = await a_dead_one(service)
    await leave(service.database, Chore(), at=service.clock.now())
    dead = ListJobs(chosen=JobFilter(state=JobState.DEAD))
    page = await service[ListJobsHandler](dead, READER)
    assert [(job.id, job.last_error) for job in page.items] == [(job_id, "no")]
    assert await service[GetJobHandler](GetJob(job_id=job_id), READER) == page.items[0]


async def test_tells_how_it_stands_with_the_queues(service: Service) -> None:
    await a_dead_one(service)
    await leave(service.database, Chore(), at=service.clock.now())
    service.clock.advance(DAY)
    [queue] = await service[JobStatisticsHandler](JobStatistics(), READER)
    assert (queue.queue, queue.due, queue.dead) == ("chores", 1, 1)
    assert queue.age_seconds == DAY.total_seconds()


async def test_retries_a_dead_one_from_the_start(service: Service) -> None:
    job_id = await a_dead_one(service)
    service.clock.advance(DAY)
    view = await service[RetryJobHandler](RetryJob(job_id=job_id), MANAGER)
    assert (view.state, view.attempts, view.due_at) == (
        *(JobState.WAITING, 0, service.clock.now()),
    )
    [claimed] = await service.job_queue.claim(9, at=service.clock.now(), lease=Lease())
    assert claimed.payload == Chore()


async def test_discards(service: Service) -> None:
    job_id = await a_dead_one(service)
    view = await service[DiscardJobHandler](DiscardJob(job_id=job_id), MANAGER)
    assert view.state is JobState.DISCARDED
    assert await service.job_queue.claim(9, at=service.clock.now(), lease=Lease()) == []


@pytest.mark.parametrize("actor", [ANONYMOUS, an_actor(), READER, MANAGER])
async def test_wants_a_permission(service: Service, actor: Actor) -> None:
    job_id = await a_dead_one(service)
    refusal = NotAuthenticated if actor is ANONYMOUS else PermissionDenied
    reading: list[Callable[[], Awaitable[object]]] = [
        lambda: service[ListJobsHandler](ListJobs(), actor),
        lambda: service[GetJobHandler](GetJob(job_id=job_id), actor),
    ]
    managing: list[Callable[[], Awaitable[object]]] = [
        lambda: service[RetryJobHandler](RetryJob(job_id=job_id), actor),
        lambda: service[DiscardJobHandler](DiscardJob(job_id=job_id), actor),
    ]
    refused = (reading if actor is not READER else []) + (managing if actor is not MANAGER else [])
    for act in refused:
        with pytest.raises(refusal):
            await act()


async def test_the_unknown_is_not_found(service: Service) -> None:
    unknown = JobId(new_id())
    with pytest.raises(JobNotFound):
        await service[GetJobHandler](GetJob(job_id=unknown), SYSTEM)
    with pytest.raises(JobNotFound):
        await service[RetryJobHandler](RetryJob(job_id=unknown), SYSTEM)
    with pytest.raises(JobNotFound):
        await service[DiscardJobHandler](DiscardJob(job_id=unknown), SYSTEM)


async def test_sorts_by_what_it_says_and_nothing_else(service: Service) -> None:
    with pytest.raises(Invalid):
        await service[ListJobsHandler](ListJobs(page=PageRequest(sort="last_error")), SYSTEM)


async def test_forgets_what_ended_long_ago(service: Service) -> None:
    async def ended(state: JobState) -> JobId:
        job_id = await leave(service.database, Chore(), at=service.clock.now())
        [claimed] = await service.job_queue.claim(1, at=service.clock.now(), lease=Lease())
        if state is JobState.FINISHED:
            claimed.job.succeed(at=service.clock.now())
        else:
            claimed.job.die("no", at=service.clock.now())
        await service.job_queue.settle(claimed.job)
        return job_id

    async def known() -> set[JobId]:
        await service[PurgeJobsHandler](PurgeJobs(), a_job())
        return {stored.job.id for stored in service.stored.jobs.scan()}

    waiting = await leave(service.database, Chore(), at=service.clock.now() + 100 * DAY)
    dead, finished = await ended(JobState.DEAD), await ended(JobState.FINISHED)
    service.clock.advance(7 * DAY)
    assert await known() == {waiting, dead, finished}
    service.clock.advance(timedelta(seconds=1))
    assert await known() == {waiting, dead}
    service.clock.advance(23 * DAY)
    assert await known() == {waiting}
