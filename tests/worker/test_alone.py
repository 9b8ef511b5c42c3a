"""Workers without a broker, who find their jobs in the database."""

import asyncio
from pathlib import Path

import pytest

from domain.jobs import JobState
from entrypoints.settings.schema import Settings
from tests.cli.commands import Cli
from tests.polling import until
from tests.worker.works import Works


async def test_runs_the_jobs_of_its_queues_and_finishes_what_it_has_begun(works: Works) -> None:
    settings = {name: value for name, value in works.settings.items() if name != "BROKER_URL"}
    worker = works.installation.stand(
        "worker", "--queues", "mail", "--concurrency", "2", **settings
    )
    await asyncio.to_thread(worker.wait_until_ready)
    assert worker.announcement == "Tessera works on mail\n"
    with works.office.holding():
        job_id = await works.leave_mail("ann@example.com")
        await until(lambda: works.office.held, "a mail half sent")
        worker.terminate()
    assert await asyncio.to_thread(worker.status) == 0, worker.complaint
    await works.until_it_is(JobState.FINISHED, job_id)
    assert works.received("ann@example.com") == 1


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Cli:
    monkeypatch.chdir(settings.data_dir)
    return Cli()


def test_knows_which_queues_there_are(cli: Cli) -> None:
    assert cli("worker", "--queues", "mail,post").is_refused(
        "no queue is called 'post': there are default, mail", status=2
    )


def test_a_scheduler_wants_a_broker(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BROKER_URL", raising=False)
    assert cli("scheduler").is_refused(
        "there is no BROKER_URL: servers and workers see to the schedules themselves", status=2
    )


async def test_tells_of_each_job_in_a_line_and_counts_it_beside_the_servers(
    works: Works, tmp_path: Path
) -> None:
    settings = {name: value for name, value in works.settings.items() if name != "BROKER_URL"}
    worker = works.installation.stand(
        "worker", "--queues", "mail", METRICS_DIR=str(tmp_path), **settings
    )
    await asyncio.to_thread(worker.wait_until_ready)
    job_id = await works.leave_mail("ann@example.com")
    await until(lambda: f"mail.send {job_id} finished" in worker.complaint, "a line")
    shared = tmp_path / "0.json"
    await until(lambda: "tessera_jobs_total" in shared.read_text(encoding="utf-8"), "a figure")
    # Or it would go on taking the jobs of others.
    worker.end()


async def test_a_worker_of_celery_tells_of_each_job_too(works: Works) -> None:
    worker = await works.hire()
    job_id = await works.leave_mail("ann@example.com")
    await until(lambda: f"mail.send {job_id} finished" in worker.complaint, "a line")
