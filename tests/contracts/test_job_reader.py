"""Jobs, for showing."""

from datetime import timedelta

import pytest

from application.jobs.listing import JobFilter
from application.jobs.views import JobView, QueueView
from domain.jobs import Job, JobId, JobNotFound, JobState, Lease
from tests.builders import CREATED, LATER, new_id
from tests.chores import Chore, UrgentChore, leave
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, walk
from tests.polling import until_it

SECOND = timedelta(seconds=1)


async def until_shown(storage: Storage, job: Job) -> None:
    """A queue writes past those who read from a standby, which may be behind."""

    async def is_shown() -> bool:
        return await storage.jobs.get(job.id) == JobView.of(job)

    await until_it(is_shown, "the job is not shown as it is")


async def test_shows_every_field(storage: Storage) -> None:
    await leave(storage.begin, UrgentChore(), at=CREATED)
    [claimed] = await storage.job_queue.claim(1, at=LATER, lease=Lease())
    claimed.job.die("no", at=LATER + SECOND)
    await storage.job_queue.settle(claimed.job)
    await until_shown(storage, claimed.job)
    shown = await storage.jobs.get(claimed.job.id)
    assert shown == JobView.of(claimed.job)
    assert type(shown.state) is JobState


async def test_the_unknown_is_not_found(storage: Storage) -> None:
    with pytest.raises(JobNotFound):
        await storage.jobs.get(JobId(new_id()))


async def test_finds_by_state_kind_and_queue(storage: Storage) -> None:
    plain = await leave(storage.begin, Chore(), at=CREATED)
    urgent = await leave(storage.begin, UrgentChore(), at=CREATED + SECOND)
    [claimed] = await storage.job_queue.claim(1, at=LATER, lease=Lease())
    assert claimed.job.id == urgent
    await until_shown(storage, claimed.job)

    async def found(chosen: JobFilter) -> list[JobId]:
        page = await storage.jobs.page(chosen, a_window())
        assert page.total == len(page.rows)
        return [job.id for job in page.rows]

    assert await found(JobFilter()) == [plain, urgent]
    assert await found(JobFilter(state=JobState.WAITING)) == [plain]
    assert await found(JobFilter(kind="tests.urgent_chore")) == [urgent]
    assert await found(JobFilter(queue="chores")) == [plain, urgent]
    assert await found(JobFilter(queue="chores", state=JobState.DEAD)) == []
    assert await found(JobFilter(kind="\0")) == []


async def test_pages(storage: Storage) -> None:
    ids = [await leave(storage.begin, Chore(), at=CREATED + SECOND * (n % 3)) for n in range(7)]
    chosen = JobFilter()
    for sort in ("-created_at", "due_at", "priority,created_at"):
        pages = await walk(lambda window: storage.jobs.page(chosen, window), sort, limit=3)
        assert [len(page) for page in pages] == [3, 3, 1]
        assert {job.id for page in pages for job in page} == set(ids)


async def test_how_it_stands_with_the_queues(storage: Storage) -> None:
    at = LATER + 100 * SECOND
    assert await storage.jobs.queues(at=at) == []
    for seconds in (0, 1, 2, 3, 4, 5):
        await leave(storage.begin, Chore(), at=LATER + seconds * SECOND)
    done, dead, failing, _lost = await storage.job_queue.claim(
        4, at=LATER + 3 * SECOND, lease=Lease()
    )
    done.job.succeed(at=at)
    dead.job.die("never", at=at)
    failing.job.fail("not yet", at=at, delay=SECOND)
    for each in (done, dead, failing):
        await storage.job_queue.settle(each.job)
    # Begun, as `lost` was, by somebody who never ends it.
    [begun] = await storage.job_queue.claim(1, at=LATER + 4 * SECOND, lease=Lease())
    for each in (done, dead, failing, begun):
        await until_shown(storage, each.job)
    [queue] = await storage.jobs.queues(at=LATER + 5 * SECOND)
    assert queue == QueueView(
        queue="chores", due=1, delayed=1, running=2, failing=1, dead=1, age_seconds=0
    )
    [queue] = await storage.jobs.queues(at=at)
    assert queue == QueueView(
        queue="chores", due=3, delayed=1, running=0, failing=1, dead=1, age_seconds=95
    )


async def test_queues_in_which_all_is_done_are_not_told_of(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=CREATED)
    [claimed] = await storage.job_queue.claim(1, at=LATER, lease=Lease())
    claimed.job.succeed(at=LATER)
    await storage.job_queue.settle(claimed.job)
    await until_shown(storage, claimed.job)
    assert await storage.jobs.queues(at=LATER) == []
