"""`tessera health`, as containers and init scripts ask it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.cli.commands import Cli

ANSWERS = {
    "/health/live": (200, {"status": "ok"}),
    "/health/ready": (503, {"status": "unavailable", "checks": {"database": "gone"}}),
}


class Service(BaseHTTPRequestHandler):
    """Knows itself by one name alone."""

    def do_GET(self) -> None:
        is_known = self.headers["Host"] == "api.example.com"
        status, document = ANSWERS[self.path] if is_known else (400, {"code": "bad_host"})
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
        """Not beside the tests' own lines."""


@pytest.fixture
def server(environment: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        environment.setenv("PORT", str(server.server_port))
        environment.setenv("ALLOWED_HOSTS", "api.example.com,other.example.com")
        yield server
        server.shutdown()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_server_that_serves_is_well(
    server: ThreadingHTTPServer, environment: pytest.MonkeyPatch, host: str
) -> None:
    environment.setenv("HOST", host)
    outcome = Cli()("health")
    assert (outcome.status, outcome.out, outcome.err) == (0, "status  ok\n", "")


def test_one_that_is_not_ready_is_not(server: ThreadingHTTPServer) -> None:
    outcome = Cli()("health", "--ready", "--json")
    assert outcome.status == 1
    assert json.loads(outcome.out) == ANSWERS["/health/ready"][1]
    assert outcome.err == "error: the service answers 503\n"


def test_nothing_there_is_one_line(
    server: ThreadingHTTPServer, environment: pytest.MonkeyPatch
) -> None:
    server.shutdown()
    server.server_close()
    outcome = Cli()("health")
    assert outcome.status == 1
    assert outcome.err.startswith(f"error: nothing at 127.0.0.1:{server.server_port}: ")
    assert len(outcome.err.splitlines()) == 1
