"""Under gunicorn the service is what it is under `tessera serve`."""

import signal
import subprocess

import httpx

from tests.system.service import API, PASSWORD

EMAIL = "ann@example.com"


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

    assert session["ip"] == "127.0.0.1"
    assert "server" not in answer.headers

    gunicorn.send_signal(signal.SIGTERM)
    assert gunicorn.wait(30) == 0
