"""Bodies that are kept aside until all of them has come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from tempfile import TemporaryFile
from typing import IO

from domain.errors import Unavailable

_SPOOLED_AT_ONCE = 256 * 1024


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
