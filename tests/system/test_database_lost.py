"""A database that goes away while the service runs, and comes back."""

import signal
import time

import httpx

from tests.system.service import API, PASSWORD, Installation, eventually, sign_up


def test_answers_503_while_the_database_is_gone_and_recovers_by_itself(
    installation: Installation,
) -> None:
    server = installation.serve().wait_until_ready()
    person = sign_up(server, "ann@example.com")
    headers = person.headers
    created = server.http.post(f"{API}/items", json={"title": "kept"}, headers=headers)
    requests = [
        httpx.Request("GET", f"{server.url}{created.headers['Location']}", headers=headers),
        httpx.Request("GET", f"{server.url}{API}/items", headers=headers),
        httpx.Request("POST", f"{server.url}{API}/items", json={"title": "lost"}, headers=headers),
        httpx.Request(
            "POST",
            f"{server.url}{API}/auth/login",
            data={"username": person.email, "password": PASSWORD},
        ),
        httpx.Request("GET", f"{server.url}/health/ready"),
    ]

    def all_is_well() -> bool | None:
        return all(server.http.send(each).is_success for each in requests) or None

    assert all_is_well()
    installation.stop_postgres(signal.SIGINT)
    for each in [*requests, *requests]:
        began = time.monotonic()
        answer = server.http.send(each)
        took = time.monotonic() - began
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1"), each.url
        assert took < 2
    checks = server.http.get("/health/ready").json()["checks"]
    assert checks == {"database": "The database does not answer.", "migrations": "unknown"}
    assert server.http.get("/health/live").status_code == 200

    postgres = installation.postgres
    postgres.start()
    began = time.monotonic()
    eventually(all_is_well, "recovery", within=5)
    print(f"well again {time.monotonic() - began:.2f} s after the database was back")
    postgres.stop()
    server.terminate()
    assert server.status() == 0
    assert installation.processes() == {}
