"""Jobs are handed out, each to one caller at a time."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from application.jobs.payload import Payload
from application.jobs.ports import Claimed
from domain.jobs import JobId, JobState, Lease
from domain.one_time_tokens import TokenPurpose
from tests.builders import CREATED, LATER
from tests.chores import Chore, Tool, UrgentChore, leave
from tests.contracts.storage import Storage

LEASE = Lease(timedelta(seconds=20))
SECOND = timedelta(seconds=1)


async def claim(storage: Storage, limit: int = 10, *, at: datetime = LATER) -> list[Claimed]:
    return list(await storage.job_queue.claim(limit, at=at, lease=LEASE))


async def test_hands_out_what_was_left_as_it_was_left(storage: Storage) -> None:
    chore = Chore(
        name="Flöte\n", room_id=UUID(int=7), notes={"a": "b"},
        tool=Tool(name="broom", purpose=TokenPurpose.NOT_ME),
    )  # fmt: skip
    job_id = await leave(storage.begin, chore, at=CREATED)
    [claimed] = await claim(storage)
    assert claimed.payload == chore
    job = claimed.job
    assert (job.id, job.kind, job.queue) == (job_id, "tests.chore", "chores")
    assert (job.state, job.attempts, job.started_at) == (JobState.RUNNING, 1, LATER)
    assert job.due_at == LATER + LEASE.duration


async def test_by_priority_and_then_by_how_long_it_waited(storage: Storage) -> None:
    payloads: dict[str, tuple[Payload, datetime]] = {
        "later": (Chore(name="later"), CREATED + SECOND),
        "sooner": (Chore(name="sooner"), CREATED),
        "urgent": (UrgentChore(name="urgent"), CREATED + 2 * SECOND),
    }
    for payload, at in payloads.values():
        await leave(storage.begin, payload, at=at)
    names = []
    for _ in payloads:
        [claimed] = await claim(storage, 1)
        assert isinstance(claimed.payload, Chore)
        names.append(claimed.payload.name)
    assert names == ["urgent", "sooner", "later"]


async def test_each_to_one_of_any_number_of_callers(storage: Storage) -> None:
    ids = {await leave(storage.begin, Chore(), at=CREATED) for _ in range(30)}
    batches = await asyncio.gather(*(claim(storage, 4) for _ in range(12)))
    claimed = [each.job.id for batch in batches for each in batch]
    assert len(claimed) == len(set(claimed))
    claimed += [each.job.id for each in await claim(storage, 50)]
    assert sorted(claimed) == sorted(ids)


async def test_again_once_the_lease_is_over(storage: Storage) -> None:
    job_id = await leave(storage.begin, Chore(), at=CREATED)
    await claim(storage)
    assert await claim(storage, at=LATER + LEASE.duration - SECOND) == []
    [again] = await claim(storage, at=LATER + LEASE.duration)
    assert (again.job.id, again.job.attempts) == (job_id, 2)


async def test_a_renewed_lease_lasts_longer(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=CREATED)
    [claimed] = await claim(storage)
    until = LATER + 2 * LEASE.duration
    await storage.job_queue.renew([claimed.job], until=until)
    assert await claim(storage, at=until - SECOND) == []
    claimed.job.succeed(at=until)
    assert await storage.job_queue.settle(claimed.job)


async def test_what_is_done_is_not_handed_out_again(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=CREATED)
    [claimed] = await claim(storage)
    claimed.job.succeed(at=LATER)
    assert await storage.job_queue.settle(claimed.job)
    assert await claim(storage, at=LATER + 2 * LEASE.duration) == []
    shown = await storage.jobs.get(claimed.job.id)
    assert (shown.state, shown.ended_at) == (JobState.FINISHED, LATER)


async def test_what_failed_is_handed_out_after_its_delay(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=CREATED)
    [claimed] = await claim(storage)
    claimed.job.fail("no", at=LATER, delay=SECOND)
    assert await storage.job_queue.settle(claimed.job)
    assert await claim(storage, at=LATER) == []
    [again] = await claim(storage, at=LATER + SECOND)
    assert (again.job.attempts, again.job.last_error) == (2, "no")
    assert again.payload == Chore()


async def test_whoever_lost_it_can_no_longer_settle_it(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=CREATED)
    [slow] = await claim(storage)
    over = LATER + LEASE.duration
    [other] = await claim(storage, at=over)
    slow.job.succeed(at=over)
    assert not await storage.job_queue.settle(slow.job)
    await storage.job_queue.renew([slow.job], until=over + 2 * LEASE.duration)
    shown = await storage.jobs.get(slow.job.id)
    assert (shown.state, shown.due_at) == (JobState.RUNNING, over + LEASE.duration)
    other.job.succeed(at=over)
    assert await storage.job_queue.settle(other.job)
    assert not await storage.job_queue.settle(other.job)


async def test_what_was_given_back_is_handed_out_at_once(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=CREATED)
    [claimed] = await claim(storage)
    claimed.job.release(at=LATER)
    assert await storage.job_queue.settle(claimed.job)
    [again] = await claim(storage)
    assert again.job.attempts == 1


async def test_many_that_end_together_each_get_what_is_theirs(storage: Storage) -> None:
    for _ in range(5):
        await leave(storage.begin, Chore(), at=CREATED)
    mine = await claim(storage)
    over = LATER + LEASE.duration
    lost, failed, dead, *done = [each.job for each in mine]
    await storage.job_queue.renew([failed, dead, *done], until=over + SECOND)
    await claim(storage, at=over)
    failed.fail("not yet", at=over, delay=SECOND)
    dead.die("never", at=over)
    for job in (lost, *done):
        job.succeed(at=over)
    jobs = [each.job for each in mine]
    settled = await asyncio.gather(*(storage.job_queue.settle(job) for job in jobs))
    assert settled == [job is not lost for job in jobs]
    shown = [await storage.jobs.get(job.id) for job in jobs]
    assert [job.state for job in shown] == [
        JobState.RUNNING, JobState.WAITING, JobState.DEAD, JobState.FINISHED, JobState.FINISHED,
    ]  # fmt: skip
    assert [job.last_error for job in shown] == [None, "not yet", "never", None, None]
    [again] = await claim(storage, at=over + SECOND)
    assert (again.job.id, again.payload) == (failed.id, Chore())


async def test_of_the_queues_that_are_asked_for(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=CREATED)
    assert await storage.job_queue.claim(10, at=LATER, lease=LEASE, queues={"errands"}) == []
    [claimed] = await storage.job_queue.claim(10, at=LATER, lease=LEASE, queues={"a", "chores"})
    assert claimed.job.queue == "chores"


HAND_OVER = Lease(timedelta(seconds=5))


async def hand_over(storage: Storage, limit: int = 10, *, at: datetime = LATER) -> list[JobId]:
    return list(await storage.job_queue.hand_over("chores", limit, at=at, lease=HAND_OVER))


async def claim_one(storage: Storage, job_id: JobId, *, at: datetime = LATER) -> Claimed | None:
    return await storage.job_queue.claim_one(job_id, at=at, lease=LEASE)


async def test_hands_over_what_is_due_in_its_order_and_leaves_it_as_it_is(
    storage: Storage,
) -> None:
    second = await leave(storage.begin, Chore(), at=CREATED + SECOND)
    first = await leave(storage.begin, Chore(), at=CREATED)
    urgent = await leave(storage.begin, UrgentChore(), at=CREATED + 2 * SECOND)
    await leave(storage.begin, Chore(), at=LATER + SECOND)
    assert await hand_over(storage, 2) == [urgent, first]
    assert await hand_over(storage) == [second]
    shown = await storage.jobs.get(first)
    assert (shown.state, shown.due_at, shown.attempts) == (JobState.WAITING, CREATED, 0)
    [queue] = await storage.jobs.queues(at=LATER)
    assert (queue.due, queue.delayed) == (3, 1)


async def test_hands_over_of_one_queue_alone(storage: Storage) -> None:
    await leave(storage.begin, Chore(), at=CREATED)
    assert await storage.job_queue.hand_over("errands", 9, at=LATER, lease=HAND_OVER) == []


async def test_hands_each_over_to_one_of_any_number_of_callers(storage: Storage) -> None:
    ids = {await leave(storage.begin, Chore(), at=CREATED) for _ in range(30)}
    batches = await asyncio.gather(*(hand_over(storage, 4) for _ in range(12)))
    handed_over = [each for batch in batches for each in batch]
    assert len(handed_over) == len(set(handed_over))
    handed_over += await hand_over(storage, 50)
    assert sorted(handed_over) == sorted(ids)


async def test_hands_over_anew_what_nobody_claimed_in_time(storage: Storage) -> None:
    job_id = await leave(storage.begin, Chore(), at=CREATED)
    assert await hand_over(storage) == [job_id]
    over = LATER + HAND_OVER.duration
    assert await hand_over(storage, at=over - SECOND) == []
    assert await hand_over(storage, at=over) == [job_id]


async def test_hands_over_the_next_attempt_as_soon_as_it_is_due(storage: Storage) -> None:
    job_id = await leave(storage.begin, Chore(), at=CREATED)
    await hand_over(storage)
    claimed = await claim_one(storage, job_id)
    assert claimed is not None
    claimed.job.fail("no", at=LATER, delay=SECOND)
    await storage.job_queue.settle(claimed.job)
    assert await hand_over(storage) == []
    assert await hand_over(storage, at=LATER + SECOND) == [job_id]


async def test_hands_over_what_somebody_began_and_never_ended(storage: Storage) -> None:
    job_id = await leave(storage.begin, Chore(), at=CREATED)
    await claim_one(storage, job_id)
    over = LATER + LEASE.duration
    assert await hand_over(storage, at=over - SECOND) == []
    assert await hand_over(storage, at=over) == [job_id]


async def test_whoever_claims_what_is_due_also_gets_what_was_handed_over(
    storage: Storage,
) -> None:
    job_id = await leave(storage.begin, Chore(), at=CREATED)
    await hand_over(storage)
    [claimed] = await claim(storage)
    assert claimed.job.id == job_id


async def test_one_is_claimed_by_its_id_as_it_was_left(storage: Storage) -> None:
    await leave(storage.begin, Chore(name="other"), at=CREATED)
    job_id = await leave(storage.begin, Chore(name="this"), at=CREATED)
    claimed = await claim_one(storage, job_id)
    assert claimed is not None
    assert claimed.payload == Chore(name="this")
    job = claimed.job
    assert (job.id, job.state, job.attempts, job.started_at, job.due_at) == (
        job_id, JobState.RUNNING, 1, LATER, LATER + LEASE.duration,
    )  # fmt: skip


async def test_one_of_any_number_who_claim_the_same_gets_it(storage: Storage) -> None:
    job_id = await leave(storage.begin, Chore(), at=CREATED)
    claimed = await asyncio.gather(*(claim_one(storage, job_id) for _ in range(8)))
    assert sum(each is not None for each in claimed) == 1


async def test_one_that_is_not_to_be_run_now_is_not_claimed(storage: Storage) -> None:
    later, ended, discarded, failed = [
        await leave(storage.begin, Chore(), at=at)
        for at in (LATER + SECOND, CREATED, CREATED, CREATED)
    ]
    for job_id in (ended, failed):
        claimed = await claim_one(storage, job_id)
        assert claimed is not None
        assert await claim_one(storage, job_id) is None
        if job_id == ended:
            claimed.job.succeed(at=LATER)
        else:
            claimed.job.fail("no", at=LATER, delay=SECOND)
        await storage.job_queue.settle(claimed.job)
    async with storage.begin() as uow:
        job = await uow.jobs.get(discarded)
        job.discard(at=LATER)
        await uow.jobs.save(job)
        await uow.commit()
    for job_id in (later, ended, discarded, failed, JobId(UUID(int=1))):
        assert await claim_one(storage, job_id) is None
    assert await claim_one(storage, failed, at=LATER + SECOND) is not None
