"""The figures of workers and schedulers, where they are asked for."""

import asyncio
import re
import socket
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from domain.jobs import JobState
from tests.cli.commands import Cli
from tests.free_port import free_port
from tests.polling import until, until_it
from tests.system.service import Standing
from tests.worker.works import Works

FINISHED = re.compile(
    r'^tessera_jobs_total\{kind="mail.send",outcome="finished"\} ([\d.]+)$', re.MULTILINE
)
OF_A_PROCESS = re.compile(r'^process_resident_memory_bytes\{worker="(\d)"\}', re.MULTILINE)


async def figures(port: int) -> str:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    return answer.text


async def finished(port: int) -> float:
    found = FINISHED.search(await figures(port))
    return 0.0 if found is None else float(found[1])


def kept_in(place: Path) -> list[Path]:
    return list(place.iterdir())


async def start(works: Works, settings: Mapping[str, str], *options: str) -> tuple[Standing, int]:
    """With the port at which its figures are."""
    port = free_port()
    standing = works.installation.stand(*options, "--metrics-port", str(port), **settings)
    await asyncio.to_thread(standing.wait_until_ready)
    return standing, port


async def test_a_worker_of_celery_counts_the_jobs_of_all_its_processes(
    works: Works, tmp_path: Path
) -> None:
    settings = {**works.settings, "TMPDIR": str(tmp_path)}
    worker, port = await start(works, settings, "worker", "--concurrency", "2")

    async def both_are_there() -> bool:
        return set(OF_A_PROCESS.findall(await figures(port))) == {"0", "1"}

    await until_it(both_are_there, "both processes")
    with works.office.holding():
        # Each is at one of them at the same time.
        jobs = [await works.leave_mail(f"both-{number}@example.com") for number in range(2)]
        await until(lambda: works.office.held == 2, "two mails half sent")
    await works.until_it_is(JobState.FINISHED, *jobs)

    async def all_are_counted() -> bool:
        return await finished(port) == 2

    await until_it(all_are_counted, "both jobs")
    worker.terminate()
    assert await asyncio.to_thread(worker.status) == 0, worker.complaint
    assert "Warning" not in worker.complaint
    assert not kept_in(tmp_path)


async def test_a_worker_without_a_broker_counts_its_jobs(works: Works) -> None:
    settings = {name: value for name, value in works.settings.items() if name != "BROKER_URL"}
    worker, port = await start(works, settings, "worker", "--queues", "mail")
    job_id = await works.leave_mail("ann@example.com")
    await works.until_it_is(JobState.FINISHED, job_id)
    assert await finished(port) == 1
    # Or it would go on taking the jobs of others.
    worker.end()


async def test_a_scheduler_tells_how_the_queues_are(works: Works) -> None:
    settings = {**works.settings, "METRICS_TOKEN": "a token of the tests alone"}
    scheduler, port = await start(works, settings, "scheduler")
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url) as http:
        answer = await http.get(
            "/metrics", headers={"Authorization": "Bearer a token of the tests alone"}
        )
        assert "tessera_database_up 1.0" in answer.text.splitlines()
        assert (await http.get("/metrics")).status_code == 401
        assert (await http.get("/api/v1/users/me")).status_code == 404
    scheduler.terminate()
    assert await asyncio.to_thread(scheduler.status) == 0, scheduler.complaint


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    monkeypatch.chdir(tmp_path)
    return Cli()


def test_a_port_that_is_taken_is_told_before_anything_is_started(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = cli("worker", "--metrics-port", str(port))
        assert refused.is_refused(f"cannot listen on 127.0.0.1:{port}: Address already in use")
