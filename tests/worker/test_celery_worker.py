"""Jobs go through Celery and Redis to workers that are processes of their own: killed, stopped and
cut off, and nothing is lost."""

import asyncio
from datetime import UTC, datetime

from application.audit.seal_audit import SealAudit
from application.jobs.discard_job import DiscardJob, DiscardJobHandler
from domain.access import SYSTEM
from domain.jobs import JobState
from tests.chores import leave
from tests.polling import until
from tests.worker.works import Works

# As if these times were over already.
_LEASES_ARE_OVER = "UPDATE jobs SET due_at = now() WHERE state = 'running'"
_HAND_OVERS_ARE_OVER = "UPDATE jobs SET handed_over_until = now()"


async def test_a_mail_goes_its_way(works: Works) -> None:
    await works.hire()
    job_id = await works.leave_mail("ann@example.com")
    await works.until_it_is(JobState.FINISHED, job_id)
    assert works.received("ann@example.com") == 1


async def test_what_was_discarded_on_its_way_is_not_run(works: Works) -> None:
    await works.hire()
    with works.office.holding():
        first = await works.leave_mail("bob@example.com")
        await until(lambda: works.office.held, "a worker that is busy")
        second = await works.leave_mail("cyd@example.com")
        await works.until_told("mail", 1)
        await works.inside.services[DiscardJobHandler](DiscardJob(job_id=second), SYSTEM)
    third = await works.leave_mail("dan@example.com")
    await works.until_it_is(JobState.FINISHED, first, third)
    assert works.received("cyd@example.com") == 0


async def test_what_a_killed_redis_had_is_told_anew(works: Works) -> None:
    await works.hire()
    with works.office.holding():
        begun = await works.leave_mail("eve@example.com")
        await until(lambda: works.office.held, "a worker that is busy")
        lost = [await works.leave_mail(f"lost-{number}@example.com") for number in range(3)]
        await works.until_told("mail", 3)
        works.redis.kill()
        meanwhile = [await works.leave_mail(f"while-{number}@example.com") for number in range(3)]
    await works.until_it_is(JobState.FINISHED, begun)
    works.redis.start()
    await works.do(_HAND_OVERS_ARE_OVER)
    await works.until_it_is(JobState.FINISHED, *lost, *meanwhile)
    assert len(works.office.receipts) == len({each.recipient for each in works.office.receipts})


async def test_what_a_killed_worker_had_begun_is_done_by_another(works: Works) -> None:
    worker = await works.hire()
    with works.office.holding():
        job_id = await works.leave_mail("fay@example.com")
        await until(lambda: works.office.held, "a mail half sent")
        worker.kill()
    await works.hire()
    await works.do(_LEASES_ARE_OVER)
    await works.until_it_is(JobState.FINISHED, job_id)
    assert works.received("fay@example.com") == 2
    shown = await works.inside.ports.jobs.get(job_id)
    assert shown.attempts == 2


async def test_finishes_what_it_has_begun_when_it_is_to_stop(works: Works) -> None:
    worker = await works.hire()
    with works.office.holding():
        begun = await works.leave_mail("gus@example.com")
        await until(lambda: works.office.held, "a mail half sent")
        worker.terminate()
        waiting = await works.leave_mail("hal@example.com")
    assert await asyncio.to_thread(worker.status) == 0, worker.complaint
    await works.until_it_is(JobState.FINISHED, begun)
    shown = await works.inside.ports.jobs.get(begun)
    assert shown.attempts == 1
    await works.until_it_is(JobState.WAITING, waiting)
    assert "Traceback" not in worker.complaint


async def test_works_on_the_queues_it_is_told_to(works: Works) -> None:
    await works.hire("default")
    mail = await works.leave_mail("ida@example.com")
    seal = await leave(works.inside.ports.begin, SealAudit(), at=datetime.now(UTC))
    await works.until_it_is(JobState.FINISHED, seal)
    await works.until_it_is(JobState.WAITING, mail)
    await works.hire("mail")
    await works.until_it_is(JobState.FINISHED, mail)


async def test_any_number_of_schedulers_run_a_schedule_once(works: Works) -> None:
    await works.do("DELETE FROM jobs")
    await works.do("UPDATE schedules SET due_at = now() - interval '1 s'")
    schedulers = [works.installation.stand("scheduler", **works.settings) for _ in range(2)]
    for scheduler in schedulers:
        await asyncio.to_thread(scheduler.wait_until_ready)
    async with works.inside.database.transaction() as connection:
        raw = connection._raw
        schedules = await raw.fetchval("SELECT count(*) FROM schedules")
    for scheduler in schedulers:
        scheduler.terminate()
        assert await asyncio.to_thread(scheduler.status) == 0, scheduler.complaint
    async with works.inside.database.transaction() as connection:
        left = await connection._raw.fetch("SELECT kind, count(*) FROM jobs GROUP BY kind")
    assert [record["count"] for record in left] == [1] * schedules
