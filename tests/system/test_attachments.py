"""Files, sent to real processes and fetched from them."""

import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.s3_server import s3_server
from tests.system.service import API, Installation, Person, Server, eventually, sign_in, sign_up

MEGABYTE = 1024 * 1024
LARGE = os.urandom(MEGABYTE) * 24
BOUNDARY = "----form-7f3a"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
).encode()


def an_item(server: Server, person: Person) -> str:
    answer = server.http.post(f"{API}/items", json={"title": "Lamp"}, headers=person.headers)
    assert answer.status_code == 201, answer.text
    return f"{API}/items/{answer.json()['id']}/attachments"


def attach(server: Server, person: Person, path: str, content: bytes = LARGE) -> httpx.Response:
    files = {"file": ("large.bin", content, "application/octet-stream")}
    return server.http.post(path, files=files, headers=person.headers)


def memory_of(server: Server) -> int:
    """Bytes that are its own, at most so far."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak) * 1024


def kept_in(installation: Installation) -> list[str]:
    files = installation.directory / ".tessera" / "files"
    return [each.name for each in files.rglob("*") if each.is_file()]


def begun(server: Server, person: Person, path: str, *, length: int) -> socket.socket:
    """An upload without a length, of which the head is sent, and so many bytes."""
    connection = server.connect()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: {person.headers['Authorization']}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        "Transfer-Encoding: chunked",
        "",
        "",
    ]
    body = HEAD + LARGE[:length]
    connection.sendall("\r\n".join(lines).encode() + b"%x\r\n%b\r\n" % (len(body), body))
    return connection


def test_large_files_pass_through_a_server_that_stays_small(installation: Installation) -> None:
    server = installation.serve().wait_until_ready()
    ann = sign_up(server, "ann@example.com")
    path = an_item(server, ann)
    small = attach(server, ann, path, b"Lamp").json()
    server.http.get(f"{path}/{small['id']}", headers=ann.headers)
    before = memory_of(server)

    made = attach(server, ann, path)
    assert made.status_code == 201, made.text
    with server.http.stream("GET", f"{path}/{made.json()['id']}", headers=ann.headers) as answer:
        digest = hashlib.sha256()
        for piece in answer.iter_bytes():
            digest.update(piece)

    assert digest.hexdigest() == made.json()["sha256"] == hashlib.sha256(LARGE).hexdigest()
    grown = memory_of(server) - before
    assert grown < 10 * MEGABYTE


def test_whoever_leaves_or_stands_still_leaves_nothing(installation: Installation) -> None:
    server = installation.serve(TRANSFER_SILENCE="1").wait_until_ready()
    ann = sign_up(server, "ann@example.com")
    path = an_item(server, ann)

    leaving = begun(server, ann, path, length=3 * MEGABYTE)
    eventually(lambda: kept_in(installation) or None, "an upload under way")
    leaving.close()
    eventually(lambda: not kept_in(installation) or None, "nothing left of who left")

    with begun(server, ann, path, length=3 * MEGABYTE) as standing_still:
        eventually(lambda: kept_in(installation) or None, "an upload under way")
        assert standing_still.recv(100).startswith(b"HTTP/1.1 408 ")
    eventually(lambda: not kept_in(installation) or None, "nothing left of who stood still")
    assert server.http.get(path, headers=ann.headers).json()["total"] == 0


def test_whoever_sends_without_end_is_hung_up_on(installation: Installation) -> None:
    server = installation.serve(UPLOAD_MAX_BYTES="100000").wait_until_ready()
    ann = sign_up(server, "ann@example.com")
    path = an_item(server, ann)
    with begun(server, ann, path, length=150_000) as connection:
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer
    assert not kept_in(installation)


def test_a_killed_server_leaves_nothing_that_anyone_takes_for_a_file(
    installation: Installation,
) -> None:
    server = installation.serve().wait_until_ready()
    ann = sign_up(server, "ann@example.com")
    path = an_item(server, ann)
    made = attach(server, ann, path, b"Lamp").json()
    with begun(server, ann, path, length=3 * MEGABYTE):
        eventually(lambda: len(kept_in(installation)) > 1 or None, "an upload under way")
        server.kill()
    [left] = set(kept_in(installation)) - {made["id"]}
    assert left.endswith(".part")

    server = installation.serve().wait_until_ready()
    ann = sign_in(server, ann.email)
    loaded = server.http.get(f"{path}/{made['id']}", headers=ann.headers)
    assert loaded.content == b"Lamp"
    assert server.http.get(path, headers=ann.headers).json()["total"] == 1


@pytest.fixture
def s3_settings() -> Iterator[dict[str, str]]:
    with s3_server() as s3:
        yield {
            "STORAGE_URL": f"s3://{s3.fresh_bucket()}/tessera",
            "S3_ENDPOINT": s3.url,
            "S3_REGION": "us-east-1",
            "S3_ACCESS_KEY_ID": "a-key",
            "S3_SECRET_ACCESS_KEY": "and-its-secret",
        }


@pytest.mark.parametrize("seconds", ["60", "0"])
def test_files_may_be_in_s3(
    installation: Installation, s3_settings: dict[str, str], seconds: str
) -> None:
    server = installation.serve(**s3_settings, S3_LINK_SECONDS=seconds).wait_until_ready()
    ann = sign_up(server, "ann@example.com")
    path = an_item(server, ann)
    made = attach(server, ann, path)
    assert made.status_code == 201, made.text
    path = f"{path}/{made.json()['id']}"

    answer = server.http.get(path, headers=ann.headers)
    head = server.http.head(path, headers=ann.headers)

    assert (head.status_code, head.headers["content-length"]) == (200, str(len(LARGE)))
    if seconds != "0":
        assert answer.status_code == 307
        assert answer.headers["cache-control"] == "no-store"
        answer = httpx.get(answer.headers["location"])
    assert answer.content == LARGE
    assert answer.headers["content-disposition"].startswith("attachment; ")
    server.terminate()
    assert server.status() == 0
