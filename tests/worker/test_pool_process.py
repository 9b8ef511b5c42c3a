"""What a process of the pool does with a job that is not ready when the worker has to stop."""

import asyncio
from collections.abc import Iterator
from typing import Never

import pytest

from domain.jobs import JobId, JobState
from entrypoints.settings.schema import Settings
from entrypoints.worker import pool_process
from entrypoints.worker.pool_process import Farewell, PoolProcess
from tests.polling import until
from tests.worker.works import Works


@pytest.fixture
def farewell() -> Iterator[Farewell]:
    made = Farewell.prepare()
    yield made
    made.say()


async def test_gives_back_what_is_not_ready_in_time(
    works: Works, farewell: Farewell, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_process, "GRACE_SECONDS", 0.1)
    for_mail = {
        "smtp_host": "127.0.0.1", "smtp_port": works.office.port, "smtp_starttls": False,
        "mail_from": "tessera@example.com",
    }  # fmt: skip
    process = PoolProcess(
        settings.model_copy(update=for_mail), works.settings["DATABASE_URL"], farewell.heard_at
    )
    process.start()
    try:
        with works.office.holding():
            job_id: JobId = await works.leave_mail("ann@example.com")
            running = asyncio.create_task(asyncio.to_thread(process.run, str(job_id)))
            await until(lambda: works.office.held, "a mail half sent")
            farewell.say()
            await asyncio.wait_for(running, 5)
        shown = await works.inside.ports.jobs.get(job_id)
        assert (shown.state, shown.attempts) == (JobState.WAITING, 0)
    finally:
        process.end()


async def test_ends_the_process_where_the_service_can_not_be_opened_at_all(
    works: Works, farewell: Farewell, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[int] = []

    def fail(*_: object) -> Never:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(pool_process, "running", fail)
    monkeypatch.setattr("os._exit", statuses.append)
    PoolProcess(settings, works.settings["DATABASE_URL"], farewell.heard_at).start()
    await until(lambda: statuses, "an end")
    assert statuses == [1]
