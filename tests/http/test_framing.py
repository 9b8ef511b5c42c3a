"""Requests that are none, or more than one way to read them, over a bare socket."""

import re
import socket
from collections.abc import Iterator

import pytest

from tests.system.service import Installation, Server, an_installation, eventually
from tests.system.wire import answers, exchange, read_to_end

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"
SMUGGLED = b"GET /health/live HTTP/1.1\r\n" + HOST + b"\r\n"
_HASTE = 0.5
"""Seconds for headers, and for a body, to arrive."""


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with an_installation() as made:
        yield made


@pytest.fixture(scope="module")
def server(installation: Installation) -> Iterator[Server]:
    """A process, which ends in order after all that was sent."""
    haste = {"HEADER_TIMEOUT": str(_HASTE), "BODY_TIMEOUT": str(_HASTE)}
    server = installation.serve(**haste).wait_until_ready()
    yield server
    server.terminate()
    assert server.status() == 0


def get(path: bytes = b"/health", *headers: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"".join([b"GET ", path, b" ", version, b"\r\n", HOST, *headers, b"\r\n"])


def post(*headers: bytes, body: bytes = b"", version: bytes = b"HTTP/1.1") -> bytes:
    """What may be written by anybody, and is read before it is refused."""
    line = b"POST /api/v1/auth/refresh " + version + b"\r\n"
    return b"".join([line, HOST, b"Content-Type: application/json\r\n", *headers, b"\r\n", body])


CHUNKED = b"Transfer-Encoding: chunked\r\n"
SIX = b"Content-Length: 6\r\n"


@pytest.mark.parametrize(
    "sent",
    {
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "no such version": get(version=b"HTTP/1.2"),
        "version 2": get(version=b"HTTP/2.0"),
        "version 0.9": get(version=b"HTTP/0.9"),
        "unknown method": b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n",
        "method in lower case": b"get / HTTP/1.1\r\n" + HOST + b"\r\n",
        "tunnel": b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n",
        "space in the path": get(b"/health live"),
        "NUL in the path": get(b"/\0"),
        "path beyond ASCII": get("/é".encode()),
        "NUL in a value": get(b"/health", b"X-A: a\0b\r\n"),
        "NUL in a name": get(b"/health", b"X\0A: a\r\n"),
        "escape in a value": get(b"/health", b"X-A: a\x1b[2J\r\n"),
        "carriage return alone": get(b"/health", b"X-A: a\rb\r\n"),
        "line feed alone": b"GET / HTTP/1.1\nHost: localhost\n\n",
        "folded line": get(b"/health", b"X-A: a\r\n b\r\n"),
        "first line folded": b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n",
        "space before the colon": b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "no colon": get(b"/health", b"X-A\r\n"),
        "no name": get(b"/health", b": a\r\n"),
        "length and encoding": post(SIX, CHUNKED, body=b"0\r\n\r\nG"),
        "encoding and length": post(CHUNKED, SIX, body=b"0\r\n\r\nG"),
        "encoding twice": post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
        "encoding misspelt": post(b"Transfer-Encoding: xchunked\r\n", body=b"0\r\n\r\n"),
        "encoding behind a tab": post(b"Transfer-Encoding:\x0bchunked\r\n", body=b"0\r\n\r\n"),
        "encoding with a space": post(b"Transfer-Encoding : chunked\r\n", body=b"0\r\n\r\n"),
        "no encoding at all": post(b"Transfer-Encoding: identity\r\n", body=b"0\r\n\r\n"),
        "encoding not chunked": post(b"Transfer-Encoding: chunked, gzip\r\n", body=b"0\r\n\r\n"),
        "another encoding": post(b"Transfer-Encoding: gzip, chunked\r\n", body=b"0\r\n\r\n"),
        "encoding in HTTP/1.0": post(CHUNKED, body=b"0\r\n\r\n", version=b"HTTP/1.0"),
        "two lengths": post(SIX, b"Content-Length: 5\r\n", body=b"123456"),
        "one length twice": post(SIX, SIX, body=b"123456"),
        "lengths in a list": post(b"Content-Length: 6, 6\r\n", body=b"123456"),
        "length with a sign": post(b"Content-Length: +6\r\n", body=b"123456"),
        "negative length": post(b"Content-Length: -6\r\n", body=b"123456"),
        "hexadecimal length": post(b"Content-Length: 0x6\r\n", body=b"123456"),
        "length with a space": post(b"Content-Length: 6 6\r\n", body=b"123456"),
        "length past 64 bits": post(b"Content-Length: 99999999999999999999\r\n"),
        "no length": post(b"Content-Length: \r\n"),
        "chunk of no size": post(CHUNKED, body=b"ZZ\r\n{}\r\n0\r\n\r\n"),
        "chunk of negative size": post(CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n"),
        "chunk with a prefix": post(CHUNKED, body=b"0x2\r\n{}\r\n0\r\n\r\n"),
        "chunk past 64 bits": post(CHUNKED, body=b"FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"),
        "chunk longer than said": post(CHUNKED, body=b"2\r\n{}{}\r\n0\r\n\r\n"),
        "chunk shorter than said": post(CHUNKED, body=b"9\r\n{}\r\n0\r\n\r\n"),
        "chunk and a line feed alone": post(CHUNKED, body=b"2\n{}\n0\n\n"),
        "line feed in an extension": post(CHUNKED, body=b"2;a\nb\r\n{}\r\n0\r\n\r\n"),
        "length in a trailer": post(CHUNKED, body=b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n"),
    }.items(),
    ids=lambda case: case[0],
)
def test_what_is_no_request_is_refused_and_nothing_behind_it_is_read(
    server: Server, sent: tuple[str, bytes]
) -> None:
    [answer] = exchange(server, sent[1] + SMUGGLED)
    assert answer.problem == (400, "malformed_request")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /health HTTP/1.1\r\n" + CLOSE + b"\r\n",
        get(b"/health", HOST, CLOSE),
        get(b"/health", b"Host: evil.example\r\n", CLOSE),
        get(b"http://evil.example/health", CLOSE),
        get(b"//evil.example/../health", b"Host: \r\n", CLOSE),
    ],
    ids=["missing", "twice", "another", "another in the URL", "empty"],
)
def test_one_host_has_to_be_named(server: Server, sent: bytes) -> None:
    [answer] = exchange(server, sent)
    assert answer.problem == (400, "bad_host")


@pytest.mark.parametrize(
    "sent",
    [
        get(b"http://localhost/health", CLOSE),
        get(b"/health", CLOSE, version=b"HTTP/1.0"),
        get(b"/health", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
        b"\r\n\r\n" + get(b"/health", CLOSE),
    ],
    ids=["whole URL", "HTTP/1.0", "upgrade to what is not spoken", "empty lines before"],
)
def test_unusual_requests_that_are_sound_are_answered(server: Server, sent: bytes) -> None:
    [answer] = exchange(server, sent)
    assert answer.status == 200


@pytest.mark.parametrize(
    "sent",
    [
        get(b"/health", b"X-A: " + b"x" * 40_000 + b"\r\n"),
        get(b"/health", b"X-A: " + b"x" * 4_000_000),
        get(b"/health", b"a: b\r\n" * 20_000),
        get(b"/" + b"x" * 40_000),
        get(b"/" + b"x" * 400_000),
        get(b"/?" + b"x" * 40_000),
    ],
    ids=["long", "endless", "many", "long path", "longer path", "long query"],
)
def test_headers_that_are_too_large_are_refused(server: Server, sent: bytes) -> None:
    [answer] = exchange(server, sent)
    assert answer.problem == (431, "headers_too_large")


def test_headers_as_large_as_they_may_be_are_read(server: Server) -> None:
    [answer] = exchange(server, get(b"/health", CLOSE, b"X-A: " + b"x" * 32_000 + b"\r\n"))
    assert answer.status == 200


def test_a_body_that_is_cut_off_is_told_so_although_it_goes_on(server: Server) -> None:
    """Or the system would reset the connection, and the client never read the answer."""
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    [answer] = exchange(server, post(CHUNKED), *[chunk] * 64)
    assert answer.problem == (413, "payload_too_large")


def test_a_body_that_is_refused_before_it_comes_is_told_so_although_it_comes(
    server: Server,
) -> None:
    """A proxy that can't send what it was given answers 502, and nobody learns why."""
    piece = b"x" * 0x10000
    head = post(b"Content-Length: %d\r\n" % (64 * len(piece)))
    [answer] = exchange(server, head, *[piece] * 64)
    assert answer.problem == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"GET /health HT", 0),
        (get()[:-2], 0),
        (b"GET /health\r\n", 0),
        (get() + get()[:-2], 1),
    ],
    ids=["request line", "headers", "HTTP/0.9", "headers of the second"],
)
def test_headers_that_stall_are_cut(server: Server, sent: bytes, answered: int) -> None:
    *before, answer = exchange(server, sent)
    assert [each.status for each in before] == [200] * answered
    assert answer.problem == (408, "request_timeout")


def test_headers_that_trickle_are_cut_too(server: Server) -> None:
    """However often something comes."""
    with server.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\n")

        def cut() -> bool | None:
            connection.sendall(b"X-A: a\r\n")
            connection.settimeout(0.05)
            try:
                return connection.recv(1, socket.MSG_PEEK) != b""
            except TimeoutError:
                return None

        eventually(cut, "an answer")
        connection.settimeout(15)
        [answer] = answers(read_to_end(connection))
    assert answer.problem == (408, "request_timeout")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", []),
        (b"\r\n", []),
        (get() + b"\r\n", [200]),
        (post(b"Content-Length: 10\r\n", body=b"{").replace(b"/refresh", b"/nothing"), [404]),
    ],
    ids=["nothing", "an empty line", "an empty line afterwards", "half a body nobody wants"],
)
def test_connections_on_which_nothing_is_asked_are_closed(
    server: Server, sent: bytes, expected: list[int]
) -> None:
    assert [each.status for each in exchange(server, sent)] == expected


@pytest.mark.parametrize(
    "sent",
    [
        post(b"Content-Length: 10\r\n", body=b"{"),
        post(b"Content-Length: 10\r\n"),
        post(CHUNKED, body=b"5\r\n{"),
        post(CHUNKED),
    ],
)
def test_bodies_that_stall_are_cut(server: Server, sent: bytes) -> None:
    [answer] = exchange(server, sent)
    assert answer.problem == (408, "request_timeout")


@pytest.mark.parametrize("path", [b"/api/v1/nothing", b"/api/v1/roles"])
def test_a_body_that_nobody_wants_is_not_read_for_ever(server: Server, path: bytes) -> None:
    """However often a piece of it comes after the answer."""
    with server.connect() as connection:
        connection.sendall(post(CHUNKED).replace(b"/api/v1/auth/refresh", path))
        connection.settimeout(0.05)
        received = bytearray()

        def closed() -> bool | None:
            try:
                connection.sendall(b"1\r\n \r\n")
                piece = connection.recv(65536)
            except TimeoutError:
                return None
            except ConnectionError:
                return True
            received.extend(piece)
            return piece == b"" or None

        eventually(closed, "an end")
    [answer] = answers(bytes(received))
    assert answer.status in {401, 404}


def test_what_is_no_request_waits_for_the_answer_before_it(server: Server) -> None:
    first, second = exchange(server, get() + b"\0" + SMUGGLED)
    assert first.status == 200
    assert second.problem == (400, "malformed_request")


def test_requests_behind_one_another_are_answered_in_turn(server: Server) -> None:
    sent = get(b"/health") + get(b"/health/live") + get(b"/nothing", CLOSE)
    assert [each.status for each in exchange(server, sent)] == [200, 200, 404]


def test_an_answer_without_a_body_leaves_its_head_before_the_next(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"HEAD /health HTTP/1.1\r\n" + HOST + b"\r\n" + get(b"/nothing", CLOSE))
        head, _, rest = read_to_end(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert [each.status for each in answers(rest)] == [404]


def test_an_answer_comes_in_one_piece(server: Server) -> None:
    """Head and body apart would cost each request a system call and a packet more."""
    with server.connect() as connection:
        for _ in range(20):
            connection.sendall(get())
            [answer] = answers(connection.recv(65536))
            assert answer.body == b'{"status":"ok"}'


def test_a_websocket_is_held_to_the_same_framing(server: Server) -> None:
    upgrade = (b"Connection: Upgrade\r\n", b"Upgrade: websocket\r\n")
    [answer] = exchange(server, get(b"http://evil.example/api/v1/events", *upgrade))
    assert answer.problem == (400, "bad_host")


def test_one_who_waits_before_the_body_is_told_to_go_on(server: Server) -> None:
    with server.connect() as connection:
        head = post(b"Content-Length: 2\r\nExpect: 100-continue\r\n", CLOSE)
        connection.sendall(head)
        assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        [answer] = answers(read_to_end(connection))
    assert answer.problem == (400, "validation_error")


def test_a_refusal_leaves_a_line_in_the_log_like_any_answer(server: Server) -> None:
    [answer] = exchange(server, b"GARBAGE")
    line = f"- - 400 .*{answer.headers['x-request-id']}"
    eventually(lambda: re.search(line, server.complaint), "a line")
