"""The figures of several processes, which come and go."""

import os
import re
import signal
from pathlib import Path

import httpx

from tests.free_port import free_port
from tests.system.service import Installation, Server, eventually

REQUESTS = re.compile(
    r"^tessera_http_requests_total"
    r'\{method="GET",route="/health",status="200"\} ([\d.]+)$',
    re.MULTILINE,
)
OF_A_WORKER = re.compile(r'^process_resident_memory_bytes\{worker="(\d)"\}', re.MULTILINE)


def figures(port: int) -> str:
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    return answer.text


def counted(port: int) -> float:
    found = REQUESTS.search(figures(port))
    return 0.0 if found is None else float(found[1])


def workers_in(port: int) -> set[str]:
    return set(OF_A_WORKER.findall(figures(port)))


def ask(server: Server, times: int) -> None:
    """On as many connections, so that all workers are asked."""
    for _ in range(times):
        assert httpx.get(f"{server.url}/health").status_code == 200


def serve(installation: Installation, database_url: str, port: int, place: Path) -> Server:
    """Two workers, and nobody else where they keep what they count."""
    server = installation.serve(
        WORKERS="2", DATABASE_URL=database_url, METRICS_PORT=str(port), TMPDIR=str(place)
    )
    return server.wait_until_ready()


def shared_in(place: Path) -> Path:
    [directory] = place.glob("tessera-metrics-*")
    return directory


def test_the_figures_of_all_workers_are_one_and_survive_each_of_them(
    installation: Installation, own_database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    server = serve(installation, own_database_url, port, tmp_path)
    eventually(lambda: workers_in(port) == {"0", "1"} or None, "both workers")
    ask(server, 40)
    # What another worker counted is told of within a second.
    eventually(lambda: counted(port) == 40 or None, "all requests")

    supervisor = server.process.pid
    killed = next(pid for pid in installation.processes() if pid != supervisor)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: killed not in installation.processes() or None, "an end of a worker")
    eventually(lambda: workers_in(port) == {"0", "1"} or None, "another in its place")
    assert counted(port) == 40

    directory = shared_in(tmp_path)
    assert len(list(directory.glob("*.json"))) == 2
    server.terminate()
    assert server.status() == 0
    assert not directory.exists()


def test_a_killed_supervisor_leaves_no_files(
    installation: Installation, own_database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    server = serve(installation, own_database_url, port, tmp_path)
    directory = shared_in(tmp_path)
    server.kill()

    eventually(lambda: not installation.processes() or None, "an end of the workers")
    assert not directory.exists()
