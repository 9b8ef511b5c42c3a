"""How much is moved at a time, and that a step begun is taken to its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

PIECE = 256 * 1024

Result = TypeVar("Result")


async def gathered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """In larger pieces: to write one costs more than its bytes do."""
    held: list[bytes] = []
    size = 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


async def to_its_end(step: Awaitable[Result]) -> Result:
    """Also where nobody waits for it any more: what is done next may undo it."""
    future = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
