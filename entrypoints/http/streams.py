"""Bodies and answers that are longer than others, and take longer."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine, Mapping
from contextlib import ExitStack, aclosing, asynccontextmanager
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO, Protocol, TypeVar

import attrs
from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from application.transfers import Transfers
from domain.errors import Unavailable

_SPOOLED_AT_ONCE = 256 * 1024

Result = TypeVar("Result")


@attrs.frozen(kw_only=True)
class StreamLimits:
    """In place of those that hold for other requests."""

    max_bytes: int
    """Of the body."""
    seconds: float
    """From now until the answer has been taken."""
    silence: float
    """Seconds in which the other side must send, or take, the next piece."""


def limits_of(transfers: Transfers) -> StreamLimits:
    limits = transfers.limits
    return StreamLimits(max_bytes=limits.max_bytes, seconds=limits.seconds, silence=limits.silence)


class Exchange(Protocol):
    """A request and its answer, as the edge sees them."""

    def stream(self, limits: StreamLimits) -> None: ...


def lasts(request: Request, limits: StreamLimits) -> None:
    """To be called before the body is read, and once the caller is known to be let in."""
    exchange: Exchange = request.scope["exchange"]
    exchange.stream(limits)


async def streamed(
    pieces: AsyncGenerator[bytes, None],
    *,
    media_type: str,
    filename: str | None = None,
    status_code: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """What fails before there is a first piece is a problem; later the answer has begun, and breaks
    off. `pieces` is closed when all of it was taken, and when nobody takes it any more."""
    first = await anext(pieces, b"")
    response = _Streamed(first, pieces)
    response.status_code = status_code
    response.init_headers({"Content-Type": media_type, **(headers or {})})
    if filename is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


class _Streamed(Response):
    """Without a length, where none is given, so that a client sees whether it got the end."""

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes, None]) -> None:
        self.status_code = HTTPStatus.OK
        self.background = None
        self._first = first
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._rest):
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            await while_there(gone(receive), self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.body", "body": self._first, "more_body": True})
        async for piece in self._rest:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def spooled(pieces: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """The same again, once all of it has come: kept in a file, so that whoever sends it slowly
    keeps nothing else waiting. Raise `Unavailable` where there is no room."""
    with ExitStack() as stack:
        try:
            blocks = await _spool(pieces, stack)
        except OSError as error:
            raise Unavailable("There is no room for the body.") from error
        yield blocks


async def _spool(pieces: AsyncIterator[bytes], stack: ExitStack) -> AsyncIterator[bytes]:
    held = bytearray()
    file: IO[bytes] | None = None
    async for piece in pieces:
        held += piece
        if len(held) >= _SPOOLED_AT_ONCE:
            if file is None:
                file = stack.enter_context(TemporaryFile())  # noqa: SIM115 - which closes it
            await asyncio.to_thread(file.write, bytes(held))
            held.clear()
    if file is not None:
        await asyncio.to_thread(file.seek, 0)
    return _read(file, bytes(held))


async def _read(file: IO[bytes] | None, rest: bytes) -> AsyncIterator[bytes]:
    while file is not None and (block := await asyncio.to_thread(file.read, _SPOOLED_AT_ONCE)):
        yield block
    yield rest


async def gone(receive: Receive) -> None:
    """Until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def while_there(left: Awaitable[None], work: Coroutine[None, None, Result]) -> Result:
    """Raise `ClientDisconnect`, with the work broken off, once the client has `left`."""
    working, leaving = asyncio.create_task(work), asyncio.ensure_future(left)
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def until_first(*works: Awaitable[None]) -> None:
    """Whichever ends first ends the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def cut(scope: Scope) -> None:
    """The connection: whoever takes nothing does not take the end of it either."""
    abort = scope.get("abort")
    if callable(abort):
        abort()
