"""A database that goes away while the service runs, and comes back."""

import signal
import time

import httpx

from tests.system.service import API, PASSWORD, Installation, Server, eventually, sign_up


def requests_of_all_kinds(server: Server) -> list[httpx.Request]:
    person = sign_up(server, "ann@example.com")
    headers = person.headers
    name = {"full_name": "Ann"}
    return [
        httpx.Request("GET", f"{server.url}{API}/users/me", headers=headers),
        httpx.Request("GET", f"{server.url}{API}/auth/api-keys", headers=headers),
        httpx.Request("PATCH", f"{server.url}{API}/users/me", json=name, headers=headers),
        httpx.Request(
            "POST",
            f"{server.url}{API}/auth/login",
            data={"username": person.email, "password": PASSWORD},
        ),
        httpx.Request("GET", f"{server.url}/health/ready"),
    ]


def test_answers_503_while_the_database_is_gone_and_recovers_by_itself(
    installation: Installation,
) -> None:
    server = installation.serve().wait_until_ready()
    requests = requests_of_all_kinds(server)

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


def test_answers_503_while_the_database_is_frozen(installation: Installation) -> None:
    timeouts = {"DATABASE_STATEMENT_TIMEOUT": "1", "DATABASE_CONNECT_TIMEOUT": "0.5"}
    server = installation.serve(**timeouts).wait_until_ready()
    requests = requests_of_all_kinds(server)

    def took_to_be_unavailable(request: httpx.Request) -> float:
        began = time.monotonic()
        answer = server.http.send(request)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1"), request.url
        return time.monotonic() - began

    def all_is_well() -> bool | None:
        return all(server.http.send(each).is_success for each in requests) or None

    with installation.frozen_postgres():
        # The statement's time, the watchdog's, and that of one more attempt to connect.
        assert 1 < took_to_be_unavailable(requests[0]) < 4
        for each in requests:
            # By now nobody asks over what is known to be silent.
            assert took_to_be_unavailable(each) < 2, each.url
        assert server.http.get("/health/live").status_code == 200
    eventually(all_is_well, "recovery", within=5)


def test_is_not_ready_within_two_seconds_of_losing_the_database(installation: Installation) -> None:
    # A statement may take far longer than that.
    server = installation.serve(DATABASE_STATEMENT_TIMEOUT="30").wait_until_ready()

    def readiness() -> int:
        return server.http.get("/health/ready").status_code

    with installation.frozen_postgres():
        for _ in range(3):
            began = time.monotonic()
            assert readiness() == 503
            assert time.monotonic() - began < 2
    eventually(lambda: readiness() == 200 or None, "recovery", within=5)
