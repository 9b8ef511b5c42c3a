"""One server on its own database: started, stopped and killed."""

import signal
from collections.abc import Callable, Iterator

import attrs
import httpx
import pytest

from domain.service_name import NAME
from tests.system.service import (
    API,
    Installation,
    Server,
    an_installation,
    eventually,
    sign_in,
    sign_up,
)


@attrs.frozen
class FirstStart:
    announcement: str
    url: str
    answer: httpx.Response


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with an_installation() as installation:
        yield installation


@pytest.fixture(scope="module")
def first_start(place: Installation) -> FirstStart:
    """From nothing at all."""
    server = place.serve(PORT="0").wait_until_ready()
    announcement = server.announcement
    url = announcement.splitlines()[0].rpartition(" ")[2]
    answer = httpx.get(f"{url}/health/ready")
    server.terminate()
    assert server.status() == 0
    return FirstStart(announcement, url, answer)


@pytest.fixture
def made(place: Installation, first_start: FirstStart) -> Installation:
    """One that has been started before."""
    return place


def test_serves_from_nothing_and_says_so_once_it_answers(first_start: FirstStart) -> None:
    assert first_start.answer.status_code == 200
    checks = {"database": "ok", "migrations": "ok"}
    assert first_start.answer.json() == {"status": "ok", "checks": checks}
    assert first_start.announcement.splitlines()[1:] == [
        f"  the documentation   {first_start.url}/docs",
        f"  the first superuser {NAME} users create-superuser you@example.com",
    ]


@pytest.mark.parametrize(
    ("end", "workers"), [(Server.terminate, 1), (Server.hang_up, 1), (Server.ctrl_c, 2)]
)
def test_ends_with_status_0_and_leaves_no_process(
    made: Installation, end: Callable[[Server], None], workers: int
) -> None:
    server = made.serve(WORKERS=str(workers)).wait_until_ready()
    assert server.http.get("/health/ready").status_code == 200
    assert len(made.processes()) > workers + 1  # PostgreSQL's as well
    end(server)
    assert server.status() == 0
    assert made.processes() == {}
    assert "Traceback" not in server.complaint


def test_a_second_ctrl_c_leaves_no_process_either(made: Installation) -> None:
    server = made.serve().wait_until_ready()
    server.ctrl_c()
    server.wait_until_closed()
    server.ctrl_c()
    assert server.status() == 0
    assert made.processes() == {}
    assert "Traceback" not in server.complaint


def test_ctrl_c_in_the_middle_of_the_first_start_leaves_no_process(
    installation: Installation,
) -> None:
    server = installation.serve()
    eventually(lambda: installation.postgres_directory.exists() or None, "a first sign of life")
    server.ctrl_c()
    assert server.status() == 0
    assert installation.processes() == {}
    assert server.complaint == ""
    assert server.announcement == ""


def test_recovers_by_itself_with_nothing_lost_after_kill_9(made: Installation) -> None:
    server = made.serve().wait_until_ready()
    person = sign_up(server, "killed@example.com")
    for number, killed_too in enumerate(["nothing else", "the database"], start=1):
        key = {"name": f"before {killed_too} was killed", "permissions": ["users:read"]}
        created = server.http.post(f"{API}/auth/api-keys", json=key, headers=person.headers)
        assert created.status_code == 201
        server.kill()
        if killed_too == "the database":
            made.stop_postgres(signal.SIGKILL)
        server = made.serve().wait_until_ready()
        person = sign_in(server, person.email)
        listed = server.http.get(f"{API}/auth/api-keys", headers=person.headers).json()
        assert listed["total"] == number
    server.terminate()
    assert server.status() == 0
    assert made.processes() == {}
