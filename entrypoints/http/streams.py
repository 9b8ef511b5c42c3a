"""Bodies and answers that are longer than others, and take longer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Protocol, TypeVar

import attrs
from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from application.transfers import Transfers
from entrypoints.exports import in_blocks

_BLOCK_SIZE = 32 * 1024

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


async def exported(
    request: Request,
    transfers: Transfers,
    pieces: AsyncGenerator[bytes, None],
    *,
    media_type: str,
    filename: str | None = None,
) -> Response:
    """What is `streamed` as one of the transfers that may run at once, for as long as they may."""
    lasts(request, limits_of(transfers))
    turn = _in_turn(pieces, transfers)
    return await streamed(turn, media_type=media_type, filename=filename)


async def _in_turn(
    pieces: AsyncGenerator[bytes, None], transfers: Transfers
) -> AsyncGenerator[bytes, None]:
    with transfers.one_more():
        async with aclosing(pieces):
            async for block in in_blocks(pieces, _BLOCK_SIZE):
                yield block


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
