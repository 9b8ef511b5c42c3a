"""Bodies and answers that are longer than others: what holds for them instead."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import attrs
import pytest
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.edge import Edge, EdgeSettings
from entrypoints.http.request_heads import HeadRules
from entrypoints.http.streams import StreamLimits, lasts, streamed
from tests.http.test_edge import HOST, Raw, raw, sent_by

LIMITS = EdgeSettings(
    heads=HeadRules(allowed_hosts=frozenset(), max_bytes=1000),
    max_body_bytes=10,
    body_timeout=0.05,
    request_timeout=0.05,
    api_prefix="/api/v1",
)
LONGER = StreamLimits(max_bytes=1000, seconds=5, silence=5)


def streaming(limits: StreamLimits) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        lasts(request, limits)
        async for _ in request.stream():
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return Edge(app, LIMITS)


async def body_of(*pieces: bytes, pause: float = 0) -> AsyncIterator[Message]:
    for piece in pieces:
        yield {"type": "http.request", "body": piece, "more_body": True}
        await asyncio.sleep(pause)
    yield {"type": "http.request", "body": b"", "more_body": False}


async def sent(limits: StreamLimits, body: AsyncIterator[Message], *, length: int = 0) -> Raw:
    headers = [HOST, (b"content-length", str(length).encode())] if length else [HOST]
    return await raw(streaming(limits), method="POST", headers=headers, body=body)


async def test_a_stream_may_be_longer_and_take_longer_than_other_bodies() -> None:
    # More than a look at the deadlines later.
    assert (await sent(LONGER, body_of(b"x" * 900, b"x" * 100, pause=0.4))).status == 204


@pytest.mark.parametrize("length", [0, 1001])
async def test_a_stream_has_an_end(length: int) -> None:
    answer = await sent(LONGER, body_of(b"x" * 900, b"x" * 101), length=length)
    assert answer.problem == (413, "payload_too_large")
    assert answer.headers["connection"] == "close"


async def test_whoever_is_refused_on_the_way_need_not_send_the_rest() -> None:
    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        lasts(request, LONGER)
        await anext(request.stream())
        await send({"type": "http.response.start", "status": 409, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    edge = Edge(refusing, LIMITS)
    refused = await raw(edge, method="POST", headers=[HOST], body=body_of(b"x", b"x"))
    assert (refused.status, refused.headers["connection"]) == (409, "close")
    assert "connection" not in (await sent(LONGER, body_of(b"x", b"x"))).headers


async def test_other_bodies_are_no_longer_than_ever() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async for _ in Request(scope, receive, send).stream():
            pass

    pieces_read = 0

    async def body() -> AsyncIterator[Message]:
        nonlocal pieces_read
        pieces_read += 1
        yield {"type": "http.request", "body": b"", "more_body": True}

    headers = [HOST, (b"content-length", b"11")]
    answer = await raw(Edge(app, LIMITS), method="POST", headers=headers, body=body())
    assert answer.problem == (413, "payload_too_large")
    assert pieces_read == 0


@pytest.mark.parametrize(
    "limits",
    [attrs.evolve(LONGER, silence=0.05), attrs.evolve(LONGER, seconds=0.05)],
    ids=["silence", "seconds"],
)
async def test_a_stream_that_stalls_is_given_up(limits: StreamLimits) -> None:
    async def stalled() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"x", "more_body": True}
        await asyncio.Event().wait()

    answer = await sent(limits, stalled())
    assert answer.problem == (408, "request_timeout")


@attrs.define
class Pieces:
    """Without an end, and told when it is closed."""

    taken: int = 0
    some_are_taken: asyncio.Event = attrs.field(factory=asyncio.Event)
    is_closed: bool = False

    async def __call__(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                self.taken += 1
                yield b"x"
                self.some_are_taken.set()
                await asyncio.sleep(0)
        finally:
            self.is_closed = True


def answering(pieces: AsyncGenerator[bytes, None], limits: StreamLimits) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        lasts(Request(scope, receive, send), limits)
        response = await streamed(pieces, media_type="text/csv", filename="accounts.csv")
        await response(scope, receive, send)

    return Edge(app, LIMITS)


async def test_whoever_takes_nothing_is_cut_off() -> None:
    pieces = Pieces()
    is_cut = asyncio.Event()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nothing comes any more")

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [HOST],
        "abort": is_cut.set,
    }
    await answering(pieces(), attrs.evolve(LONGER, silence=0.05))(scope, receive, send)
    assert is_cut.is_set()
    assert pieces.is_closed


async def test_nobody_is_told_anything_once_they_have_left() -> None:
    pieces = Pieces()

    async def leaves() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"", "more_body": False}
        await pieces.some_are_taken.wait()
        yield {"type": "http.disconnect"}

    await sent_by(answering(pieces(), LONGER), body=leaves())
    assert pieces.is_closed


async def test_head_takes_the_headers_and_no_more() -> None:
    pieces = Pieces()
    answer = await raw(answering(pieces(), LONGER), method="HEAD")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv"
    assert answer.headers["content-disposition"] == 'attachment; filename="accounts.csv"'
    assert answer.body == b""
    assert pieces.taken == 1
    assert pieces.is_closed


async def these(*pieces: bytes | Exception) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        if isinstance(piece, Exception):
            raise piece
        yield piece


async def test_what_fails_before_the_first_piece_is_a_problem() -> None:
    answer = await raw(answering(these(RuntimeError()), LONGER))
    assert answer.problem == (500, "internal_error")


@pytest.mark.parametrize("pieces", [(), (b"a",), (b"a", b"b", b"c")], ids=len)
async def test_all_of_it_is_answered(pieces: tuple[bytes, ...]) -> None:
    async def stays() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()

    answer = await raw(answering(these(*pieces), LONGER), body=stays())
    assert (answer.status, answer.body) == (200, b"".join(pieces))
