"""Errors told to Sentry: by a real server, to one of ours on the same machine."""

import gzip
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import asyncpg
import attrs

from tests.system.service import API, PASSWORD, PROJECT, Installation, eventually, sign_up

EMAIL = "ann@example.com"


@attrs.define
class Told:
    port: int
    envelopes: list[str] = attrs.field(factory=list)


@contextmanager
def a_sentry() -> Iterator[Told]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            told.envelopes.append(body.decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told = Told(server.server_port)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


async def test_a_bug_is_told_with_its_request_and_without_the_person(
    installation: Installation, own_database_url: str
) -> None:
    with a_sentry() as sentry:
        server = installation.serve(
            DATABASE_URL=own_database_url, SENTRY_DSN=f"http://key@127.0.0.1:{sentry.port}/1"
        ).wait_until_ready()
        ann = sign_up(server, EMAIL)
        database = await asyncpg.connect(own_database_url)
        await database.execute(
            "ALTER TABLE api_keys RENAME COLUMN name TO " + '"of ann@example.com"'
        )
        await database.close()
        headers = {**ann.headers, "X-Request-ID": "of-mine"}
        key = {"name": "Nightly import", "permissions": ["users:read"]}
        answer = server.http.post(f"{API}/auth/api-keys", json=key, headers=headers)
        assert answer.status_code == 500
        [envelope] = eventually(lambda: sentry.envelopes or None, "an envelope")

    assert '"request_id":"of-mine"' in envelope.replace(": ", ":")
    assert "UndefinedColumnError" in envelope
    for secret in (EMAIL, PASSWORD, "Nightly import", ann.tokens["access_token"]):
        assert secret not in envelope


def test_it_costs_nothing_where_nobody_is_told() -> None:
    program = (
        "import sys, entrypoints.http.app, entrypoints.worker.pool_process\n"
        "print('sentry_sdk' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"
