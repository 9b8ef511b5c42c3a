"""What only several processes on one PostgreSQL show of jobs."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from adapters.postgres.job_queue import CLAIM, HAND_OVER, PostgresJobQueue, PostgresJobSignal
from adapters.postgres.jobs import CHANNEL, QUEUES
from adapters.postgres.listening import listening
from adapters.postgres.payloads import Payloads
from adapters.postgres.query import Query
from adapters.postgres.refusals import ConnectionBroken
from adapters.security.clock import SystemClock
from adapters.security.identifiers import Uuid7Factory
from adapters.security.jitter import SystemJitter
from application.jobs.plan_schedules import PlanSchedules, Schedule, Schedules
from application.jobs.run_job import JobHandlers, RunJob, handling
from application.jobs.run_jobs import JobLimits, RunJobs
from domain.jobs import JobId, JobState, Lease
from domain.schedules import Every
from entrypoints.background import SCHEDULES, job_handlers, running_jobs
from entrypoints.bootstrap.running import Inside, running
from entrypoints.settings.schema import Settings
from tests.adapters.postgres.explained import Step
from tests.chores import CHORES, Chore, DoChore, leave
from tests.polling import until
from tests.relay import relayed

PATIENCE = 10.0


async def until_it_is(state: JobState, job_id: JobId, inside: Inside) -> None:
    deadline = time.monotonic() + PATIENCE
    while (shown := await inside.ports.jobs.get(job_id)).state is not state:
        assert time.monotonic() < deadline, f"{state}, not {shown.state}"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def working(
    inside: Inside,
    do_chore: DoChore,
    *,
    lease: Lease | None = None,
    schedules: Schedules | None = None,
) -> AsyncIterator[None]:
    """One process that does chores."""
    queue = PostgresJobQueue(inside.database, Payloads(CHORES))
    clock = SystemClock()
    jobs = RunJobs(
        queue=queue,
        signal=inside.job_signal,
        run=RunJob(
            queue=queue,
            handlers=JobHandlers.of(handling(Chore, do_chore)),
            clock=clock,
            jitter=SystemJitter(),
        ),
        plan=PlanSchedules(
            begin=inside.ports.begin,
            schedules=schedules or Schedules(),
            clock=clock,
            new_id=Uuid7Factory(),
        ),
        clock=clock,
        limits=JobLimits(lease=lease or Lease()),
    )
    stopping = asyncio.Event()
    task = asyncio.create_task(jobs(stopping))
    try:
        yield
    finally:
        stopping.set()
        await task


async def test_several_processes_run_each_job_once(
    inside: Inside, settings: Settings, database_url: str
) -> None:
    done: list[str] = []
    async with AsyncExitStack() as stack:
        for _ in range(3):
            other = await stack.enter_async_context(running(settings, database_url))
            await stack.enter_async_context(working(other, DoChore(done=done)))
        names = [str(number) for number in range(100)]
        for name in names:
            await leave(inside.ports.begin, Chore(name=name), at=datetime.now(UTC))
        await until(lambda: len(done) >= 100, "all of them")
    assert sorted(done) == sorted(names)


async def test_a_process_hears_what_another_leaves(
    inside: Inside,
    settings: Settings,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("application.jobs.run_jobs.POLL_SECONDS", 1000)
    do_chore = DoChore()
    async with running(settings, database_url) as other, working(other, do_chore):
        await until(lambda: do_chore.begun == 0, "a start")
        await leave(inside.ports.begin, Chore(), at=datetime.now(UTC))
        await until(lambda: do_chore.done, "what another left")


async def test_a_schedule_is_run_once_by_all_processes_together(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.jobs.run_jobs.SCHEDULE_SECONDS", 0.02)
    do_chore = DoChore()
    schedules = Schedules(
        (Schedule(name="w", timetable=Every(timedelta(seconds=10)), payload=Chore),)
    )
    async with AsyncExitStack() as stack:
        for _ in range(3):
            each = await stack.enter_async_context(running(settings, database_url))
            await stack.enter_async_context(working(each, do_chore, schedules=schedules))
        # As if the ten seconds were over.
        async with each.database.transaction() as connection:
            await connection.command("UPDATE schedules SET due_at = now() - interval '1 s'")
            await connection.command("COMMIT")
        await until(lambda: do_chore.done, "the first time")
        ticks = time.monotonic() + 0.2
        await until(lambda: time.monotonic() > ticks, "some more looks")
    assert do_chore.done == ["dishes"]


async def test_a_job_outlives_the_loss_of_the_database(
    inside: Inside, settings: Settings, database_url: str
) -> None:
    do_chore = DoChore()
    do_chore.may_end.clear()
    async with (
        relayed(database_url) as relay,
        running(settings, relay.url) as other,
        working(other, do_chore),
    ):
        job_id = await leave(inside.ports.begin, Chore(), at=datetime.now(UTC))
        await until(lambda: do_chore.begun, "a beginning")
        await relay.cut()
        do_chore.may_end.set()
        await until(lambda: do_chore.done, "the end of the work")
        await relay.mend()
        await until_it_is(JobState.FINISHED, job_id, inside)
    assert do_chore.begun == 1, "the mail that was sent is not sent again"


async def test_somebody_else_takes_over_once_the_lease_of_a_lost_one_is_over(
    inside: Inside, settings: Settings, database_url: str
) -> None:
    queue = PostgresJobQueue(inside.database, Payloads(CHORES))
    job_id = await leave(inside.ports.begin, Chore(), at=datetime.now(UTC))
    # Claimed by a process that was killed then.
    lease = Lease(timedelta(seconds=0.3))
    [lost] = await queue.claim(1, at=datetime.now(UTC), lease=lease)
    do_chore = DoChore()
    async with working(inside, do_chore):
        await until(lambda: do_chore.done, "another attempt")
    shown = await inside.ports.jobs.get(job_id)
    assert (shown.state, shown.attempts) == (JobState.FINISHED, 2)
    assert shown.started_at is not None
    assert shown.started_at >= lost.job.due_at


async def test_what_ends_together_is_written_together(
    inside: Inside, settings: Settings, database_url: str
) -> None:
    for _ in range(20):
        await leave(inside.ports.begin, Chore(), at=datetime.now(UTC))
    async with relayed(database_url) as relay, running(settings, relay.url) as other:
        queue = PostgresJobQueue(other.database, Payloads(CHORES))
        claimed = await queue.claim(20, at=datetime.now(UTC), lease=Lease())
        relay.statements.clear()
        for each in claimed:
            each.job.succeed(at=datetime.now(UTC))
        assert all(await asyncio.gather(*(queue.settle(each.job) for each in claimed)))
    assert relay.verbs.split().count("UPDATE") == 1


async def test_who_waits_for_an_end_hears_that_it_can_not_be_written(
    inside: Inside, settings: Settings, database_url: str
) -> None:
    for _ in range(3):
        await leave(inside.ports.begin, Chore(), at=datetime.now(UTC))
    async with relayed(database_url) as relay, running(settings, relay.url) as other:
        queue = PostgresJobQueue(other.database, Payloads(CHORES))
        claimed = await queue.claim(3, at=datetime.now(UTC), lease=Lease())
        await relay.cut()
        ends = [queue.settle(each.job) for each in claimed]
        outcomes = await asyncio.gather(*ends, return_exceptions=True)
        assert [type(each) for each in outcomes] == [ConnectionBroken] * 3
        await relay.mend()
        assert all(await asyncio.gather(*(queue.settle(each.job) for each in claimed)))


async def test_what_nobody_here_can_handle_is_dead_and_says_so(
    inside: Inside, settings: Settings
) -> None:
    job_id = await leave(inside.ports.begin, Chore(), at=datetime.now(UTC))
    async with running_jobs(inside, settings.model_copy(update={"jobs_concurrency": 2})):
        await until_it_is(JobState.DEAD, job_id, inside)
    shown = await inside.ports.jobs.get(job_id)
    assert shown.last_error == "unreadable: no handler for jobs of the kind tests.chore"
    assert shown.attempts == 1


async def test_a_signal_is_given_anew_where_the_connection_was_lost(database_url: str) -> None:
    signal = PostgresJobSignal()
    async with (
        relayed(database_url) as relay,
        listening(relay.url, {CHANNEL: signal}, connect_timeout=2, jitter=SystemJitter()),
    ):
        await asyncio.wait_for(signal.wait(), PATIENCE)
        await relay.cut()
        await relay.mend()
        # What was left meanwhile was heard by nobody.
        await asyncio.wait_for(signal.wait(), PATIENCE)


async def test_of_a_database_that_is_away_the_log_hears_once(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "adapters.postgres.listening")
    pauses: list[timedelta] = []

    def hardly_any(longest: timedelta) -> timedelta:
        pauses.append(longest)
        return -longest

    signal = PostgresJobSignal()
    async with (
        relayed(database_url) as relay,
        listening(relay.url, {CHANNEL: signal}, connect_timeout=2, jitter=hardly_any),
    ):
        await asyncio.wait_for(signal.wait(), PATIENCE)
        await relay.cut()
        await until(lambda: len(pauses) >= 5, "some tries")
        await relay.mend()
        await asyncio.wait_for(signal.wait(), PATIENCE)
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "not listening to the database", "not listening to the database",
    ]  # fmt: skip
    assert caplog.messages[-1].endswith(": no longer")
    assert pauses[:3] == sorted(set(pauses)), "longer each time, up to a bound"


@pytest.mark.parametrize(
    ("statement", "which"),
    [(CLAIM, {"queues": None}), (HAND_OVER, {"queue_": "q"}), (HAND_OVER, {"queue_": "other"})],
    ids=["claim", "hand over", "hand over of a queue without any"],
)
async def test_claiming_costs_the_same_however_many_jobs_there_are(
    inside: Inside, statement: Query, which: dict[str, object]
) -> None:
    async with inside.database.transaction() as connection:
        raw = connection._raw
        await raw.execute(
            """
            INSERT INTO jobs (id, kind, queue, priority, payload, state, created_at, due_at,
                attempts, ended_at)
            SELECT md5('job' || n)::uuid, 'k', 'q', 0, '{}',
                CASE n % 2 WHEN 0 THEN 'finished' ELSE 'waiting' END, now(), now(), 0,
                CASE n % 2 WHEN 0 THEN now() END
            FROM generate_series(1, 20000) n
            """
        )
        await raw.execute("ANALYZE jobs")
        now = datetime.now(UTC)
        arguments = statement.arguments({"limit_": 8, "at_": now, "until": now, **which})
        plan = json.loads(
            await raw.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}", *arguments)
        )
    steps = list(Step.all_of(plan[0]["Plan"]))
    assert "Sort" not in {step.kind for step in steps}
    assert "Seq Scan" not in {step.kind for step in steps}
    assert sum(step.read for step in steps) < 100


async def test_telling_of_queues_does_not_read_what_is_done(inside: Inside) -> None:
    async with inside.database.transaction() as connection:
        raw = connection._raw
        await raw.execute(
            """
            INSERT INTO jobs (id, kind, queue, priority, payload, state, created_at, due_at,
                attempts, ended_at)
            SELECT md5('job' || n)::uuid, 'k', 'q', 0, '{}',
                CASE n % 1000 WHEN 0 THEN 'dead' WHEN 1 THEN 'waiting' ELSE 'finished' END,
                now(), now(), 0, CASE n % 1000 WHEN 1 THEN NULL ELSE now() END
            FROM generate_series(1, 20000) n
            """
        )
        await raw.execute("ANALYZE jobs")
        arguments = QUEUES.arguments({"at": datetime.now(UTC)})
        plan = json.loads(
            await raw.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {QUEUES.sql}", *arguments)
        )
    steps = list(Step.all_of(plan[0]["Plan"]))
    assert "Seq Scan" not in {step.kind for step in steps}


def test_every_kind_that_is_scheduled_has_a_handler(inside: Inside) -> None:
    handlers = job_handlers(inside.services).by_payload
    names = [schedule.name for schedule in SCHEDULES.each]
    assert len(names) == len(set(names))
    for schedule in SCHEDULES.each:
        assert type(schedule.payload()) in handlers
