"""Several workers, and several servers on one database."""

import json
import socket
import time
from collections.abc import Iterator, Mapping

import attrs
import httpx
import pytest

from adapters.postgres.migrations import upgrade
from tests.postgres_server import fresh_clone
from tests.system.service import (
    A_SUPERUSER,
    API,
    PASSWORD,
    PROJECT,
    ROOT,
    Installation,
    Person,
    Server,
    an_installation,
    eventually,
    sign_in,
    sign_up,
)

# Servers that stand for one another call themselves by one name.
ONE_NAME = {"PUBLIC_BASE_URL": "http://tessera.example", "ALLOWED_HOSTS": "*"}


@pytest.mark.parametrize("workers", [1, 2])
def test_finishes_the_requests_that_are_in_flight(
    installation: Installation, own_database_url: str, workers: int
) -> None:
    server = installation.serve(WORKERS=str(workers), DATABASE_URL=own_database_url)
    server.wait_until_ready()
    uploads = [Upload.begin(server, f"drained-{number}@example.com") for number in range(8)]
    server.terminate()
    server.wait_until_closed()
    assert [upload.finish() for upload in uploads] == [b"HTTP/1.1 201 Created"] * len(uploads)
    assert server.status() == 0
    assert installation.processes() == {}


@attrs.frozen
class Upload:
    """A sign-up whose body is still to come, and for which the server waits."""

    connection: socket.socket
    body: bytes

    @classmethod
    def begin(cls, server: Server, email: str) -> "Upload":
        body = json.dumps({"email": email, "password": PASSWORD}).encode()
        connection = server.connect()
        connection.sendall(
            f"POST {API}/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        # The server asks for the body: from here on the request is in flight.
        assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        return cls(connection, body)

    def finish(self) -> bytes:
        """The status line of the answer."""
        with self.connection as connection, connection.makefile("rb") as answer:
            connection.sendall(self.body)
            return answer.readline().rstrip()


def test_workers_end_with_a_supervisor_that_is_killed(
    installation: Installation, own_database_url: str
) -> None:
    server = installation.serve(WORKERS="2", DATABASE_URL=own_database_url).wait_until_ready()
    assert len(installation.processes()) >= 3
    server.kill()
    eventually(lambda: not installation.processes() or None, "an end of the workers")
    assert not server.accepts_connections()


def test_workers_that_can_not_start_are_not_tried_for_ever(
    installation: Installation, own_database_url: str
) -> None:
    # Found before the real one, and has no files to serve.
    package = installation.directory / "hollow" / "fastapi_offline"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    status, lines = installation.refusal(
        WORKERS="2", DATABASE_URL=own_database_url, PYTHONPATH=f"{package.parent}:{PROJECT}"
    )
    assert status == 1
    assert "a worker can't start: Directory" in lines[0]
    assert lines[-1] == "error: the workers did not start"
    assert "Traceback" not in "".join(lines)


def test_two_first_starts_at_once_share_the_data(installation: Installation) -> None:
    servers = [installation.serve(**ONE_NAME, **A_SUPERUSER) for _ in range(2)]
    one, other = [server.wait_until_ready() for server in servers]
    assert superusers(other, sign_in(one, ROOT)) == [ROOT]

    one.terminate()
    assert one.status() == 0
    # Whoever leaves first leaves the database to the other.
    assert other.http.get("/health/ready").status_code == 200
    other.terminate()
    assert other.status() == 0
    assert installation.processes() == {}


def test_makes_no_first_superuser_where_there_is_one(
    installation: Installation, own_database_url: str
) -> None:
    installation.serve(DATABASE_URL=own_database_url, **A_SUPERUSER).wait_until_ready().kill()
    another = {**A_SUPERUSER, "FIRST_SUPERUSER_EMAIL": "another@example.com"}
    server = installation.serve(DATABASE_URL=own_database_url, **another).wait_until_ready()
    assert superusers(server, sign_in(server, ROOT)) == [ROOT]


def superusers(server: Server, root: Person) -> list[str]:
    listed = server.http.get(f"{API}/users", headers=root.headers).json()
    return [user["email"] for user in listed["items"] if user["is_superuser"]]


@pytest.fixture(scope="module")
def two_servers(postgres_url: str) -> Iterator[tuple[Server, Server]]:
    with an_installation() as made, fresh_clone(postgres_url, upgrade) as url:
        servers = [made.serve(DATABASE_URL=url, **ONE_NAME, **A_SUPERUSER) for _ in range(2)]
        one, other = [server.wait_until_ready() for server in servers]
        yield one, other


def test_what_one_server_takes_away_the_other_refuses_within_a_second(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    root, ann = sign_in(one, ROOT), sign_up(one, "ann@example.com")
    account = f"/users/{one.http.get(f'{API}/users/me', headers=ann.headers).json()['id']}"

    def change(method: str, path: str, body: object = None, by: Person = root) -> httpx.Response:
        answer = one.http.request(method, f"{API}{path}", json=body, headers=by.headers)
        assert answer.is_success, answer.text
        return answer

    def grant(*permissions: str) -> None:
        change("PATCH", "/roles/reader", {"permissions": permissions})

    def assign(*roles: str) -> None:
        change("PUT", f"{account}/roles", {"roles": roles})

    def status(path: str, headers: Mapping[str, str]) -> int:
        return other.http.get(f"{API}{path}", headers=headers).status_code

    took: dict[str, float] = {}

    def reaches(what: str, path: str, expected: int, headers: Mapping[str, str]) -> None:
        began = time.monotonic()
        eventually(
            lambda: status(path, headers) == expected or None, f"{expected} for {path}", within=1
        )
        took[what] = time.monotonic() - began

    change("POST", "/roles", {"name": "reader", "permissions": ["users:read"]})
    assert status("/users", ann.headers) == 403
    assign("reader")
    reaches("a granted role", "/users", 200, ann.headers)
    grant()
    reaches("a permission that a role loses", "/users", 403, ann.headers)
    grant("users:read")
    reaches("a permission that a role gains", "/users", 200, ann.headers)

    keys = [
        change(
            "POST", "/auth/api-keys", {"name": "x", "permissions": ["users:read"]}, by=ann
        ).json()
        for _ in range(2)
    ]
    program, doomed = [{"X-API-Key": key["key"]} for key in keys]
    assert [status("/users", headers) for headers in (program, doomed)] == [200, 200]
    change("DELETE", f"/auth/api-keys/{keys[1]['id']}", by=ann)
    reaches("a revoked API key", "/users", 401, doomed)
    assert status("/users", program) == 200
    assign("member")
    reaches("a role taken away", "/users", 403, ann.headers)
    reaches("a role taken away from a key's owner", "/users", 403, program)
    assert status("/users/me", ann.headers) == 200
    change("PATCH", account, {"is_active": False})
    reaches("a deactivation", "/users/me", 400, ann.headers)
    reaches("a deactivation of a key's owner", "/users/me", 400, program)
    change("PATCH", account, {"is_active": True})
    again = sign_in(one, ann.email)
    assert status("/users/me", again.headers) == 200
    change("POST", "/auth/logout", by=again)
    reaches("a revoked session", "/users/me", 401, again.headers)
    change("DELETE", account)
    reaches("a deletion of a key's owner", "/users/me", 401, program)
    for what, seconds in took.items():
        print(f"{what} reaches another server in {seconds * 1000:.0f} ms")


def test_what_ends_sessions_at_one_server_ends_them_at_the_other_within_a_second(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = sign_up(one, "ann-twice@example.com")
    here, there = sign_in(one, ann.email), sign_in(other, ann.email)

    def status(person: Person) -> int:
        return other.http.get(f"{API}/users/me", headers=person.headers).status_code

    def send(path: str, body: object = None) -> None:
        answer = one.http.post(f"{API}{path}", json=body, headers=here.headers)
        assert answer.status_code == 204, answer.text

    assert [status(person) for person in (here, there)] == [200, 200]
    new_password = "another pencil of brass"
    send("/users/me/password", {"current_password": PASSWORD, "new_password": new_password})
    eventually(lambda: status(there) == 401 or None, "an end of the others", within=1)
    assert status(here) == 200
    send("/auth/logout-all")
    eventually(lambda: status(here) == 401 or None, "an end of all", within=1)
