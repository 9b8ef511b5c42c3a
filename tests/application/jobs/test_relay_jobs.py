"""Workers elsewhere are told of jobs as they become due, and told again where that was lost."""

import asyncio
import logging
from datetime import timedelta

import pytest

from application.jobs import relay_jobs
from application.jobs.plan_schedules import Schedule, Schedules
from application.jobs.relay_jobs import HAND_OVER
from domain.jobs import JobId, JobState
from domain.schedules import Every
from tests.application.jobs.running import Workshop
from tests.chores import Chore
from tests.polling import until

SECOND = timedelta(seconds=1)
QUEUE = Chore.queue


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_jobs, "_PAUSE_SECONDS", 0.001)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks without having been told."""
    monkeypatch.setattr(relay_jobs, "POLL_SECONDS", 0.003)


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_jobs, "POLL_SECONDS", 1000)


async def told(workshop: Workshop, *jobs: JobId) -> None:
    await until(lambda: workshop.dispatcher.unheard.get(QUEUE) == [*jobs], f"{len(jobs)} told of")


@pytest.mark.usefixtures("seldom")
async def test_tells_of_what_was_left_before_and_of_what_comes(workshop: Workshop) -> None:
    before = await workshop.leave(Chore())
    async with workshop.running(workshop.relay()):
        await told(workshop, before)
        after = await workshop.leave(Chore())
        await told(workshop, before, after)
    assert workshop.do_chore.begun == 0, "that is the workers' business"
    assert workshop.job(before).state is JobState.WAITING


@pytest.mark.usefixtures("often")
async def test_tells_again_of_what_was_lost_on_its_way(workshop: Workshop) -> None:
    job_id = await workshop.leave(Chore())
    async with workshop.running(workshop.relay()):
        await told(workshop, job_id)
        workshop.dispatcher.take(QUEUE)
        workshop.clock.advance(HAND_OVER.duration - SECOND)
        other = await workshop.leave(Chore())
        await told(workshop, other)
        workshop.clock.advance(SECOND)
        await told(workshop, other, job_id)


@pytest.mark.usefixtures("often")
async def test_tells_of_the_next_attempt_when_it_is_due(workshop: Workshop) -> None:
    workshop.do_chore.failures = [ZeroDivisionError()]
    job_id = await workshop.leave(Chore())
    async with workshop.running(workshop.relay()):
        await told(workshop, job_id)
        workshop.dispatcher.take(QUEUE)
        await workshop.worker()(job_id)
        assert QUEUE not in workshop.dispatcher.unheard
        workshop.clock.advance(SECOND)
        await told(workshop, job_id)


@pytest.mark.usefixtures("often")
async def test_keeps_to_itself_what_is_more_than_the_workers_come_to(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_jobs, "MOST_UNHEARD", 5)
    monkeypatch.setattr(relay_jobs, "_AT_ONCE", 3)
    jobs = [await workshop.leave(Chore(name=str(number))) for number in range(12)]
    heard: list[JobId] = []
    worker = workshop.worker()
    async with workshop.running(workshop.relay()):
        for told_now in (5, 5, 2):
            await told(workshop, *jobs[len(heard) : len(heard) + told_now])
            # The others wait here, and none is told of twice.
            workshop.clock.advance(HAND_OVER.duration / 2)
            for job_id in workshop.dispatcher.take(QUEUE):
                heard.append(job_id)
                await worker(job_id)
    assert heard == jobs


@pytest.mark.usefixtures("often")
async def test_tells_everything_once_the_broker_is_back(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    workshop.dispatcher.is_away = True
    job_id = await workshop.leave(Chore())
    async with workshop.running(workshop.relay()):
        await until(lambda: caplog.messages, "a word of it")
        other = await workshop.leave(Chore())
        workshop.dispatcher.is_away = False
        await told(workshop, job_id, other)
    assert caplog.messages == [
        "jobs can't be handed to the workers: The broker does not answer.",
        "jobs can't be handed to the workers: no longer",
    ]


@pytest.mark.usefixtures("seldom")
async def test_sees_to_the_schedules(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_jobs, "SCHEDULE_SECONDS", 0.005)
    chore = Schedule(name="windows", timetable=Every(60 * SECOND), payload=Chore)
    async with workshop.running(workshop.relay(schedules=Schedules((chore,)))):
        await until(lambda: workshop.database.tables.schedules.find("windows"), "a plan")
        workshop.clock.advance(60 * SECOND)
        await until(lambda: QUEUE in workshop.dispatcher.unheard, "what is due")


async def test_stops_at_once(workshop: Workshop) -> None:
    stopping = asyncio.Event()
    task = asyncio.create_task(workshop.relay()(stopping))
    job_id = await workshop.leave(Chore())
    await told(workshop, job_id)
    stopping.set()
    await asyncio.wait_for(task, 0.5)
