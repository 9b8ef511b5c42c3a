"""Under gunicorn the service is what it is under `tessera serve`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.free_port import free_port
from tests.system.service import API, PASSWORD, PROJECT, eventually

EMAIL = "ann@example.com"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def gunicorn(port: int, database_url: str, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    settings = {
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "WORKERS": "2",
        "BCRYPT_COST": "4",
        "SECRET_KEY": "a secret of the tests, and of nobody else",
        "PYTHONPATH": str(PROJECT),
        "DATA_DIR": str(tmp_path / "data"),
    }
    configuration = PROJECT / "deploy" / "gunicorn.conf.py"
    with subprocess.Popen(
        [Path(sys.executable).with_name("gunicorn"), "--config", configuration],
        cwd=tmp_path,
        env={**os.environ, **settings},
    ) as process:
        eventually(lambda: _is_up(port) or None, "gunicorn")
        yield process
        process.kill()


def _is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def test_serves_by_workers_and_ends_with_status_0(
    gunicorn: "subprocess.Popen[bytes]", port: int
) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}{API}") as client:
        client.post("/users", json={"email": EMAIL, "password": PASSWORD})
        form = {"username": EMAIL, "password": PASSWORD}
        lies = {"X-Forwarded-For": "192.0.2.66"}
        answer = client.post("/auth/login", data=form, headers=lies)
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        [session] = client.get("/auth/sessions", headers=bearer).json()["items"]
        events = f"ws://127.0.0.1:{port}{API}/items/events"
        with connect(events, additional_headers=bearer) as socket:
            made = client.post("/items", json={"title": "Lamp"}, headers=bearer).json()
            event = json.loads(socket.recv(timeout=10))

    assert session["ip"] == "127.0.0.1"
    assert event["item"]["id"] == made["id"]
    assert "server" not in answer.headers

    gunicorn.send_signal(signal.SIGTERM)
    assert gunicorn.wait(30) == 0
