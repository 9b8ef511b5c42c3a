"""Waiting for what becomes true in a while, for as long as a busy machine may take."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 20.0
"""Seconds."""


async def until(
    condition: Callable[[], object], what: str = "it does not happen", seconds: float = PATIENCE
) -> None:
    """`what` is told of it where the time is over."""

    async def is_met() -> object:
        return condition()

    await until_it(is_met, what, seconds)


async def until_it(
    condition: Callable[[], Awaitable[object]],
    what: str = "it does not happen",
    seconds: float = PATIENCE,
) -> None:
    """As `until`, of what has to be waited for itself."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.005)
