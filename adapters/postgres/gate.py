"""A fair queue in front of the pool."""

import asyncio

from domain.errors import Unavailable


class Gate:
    """Lets as many in as the pool has connections, the rest in the order they came.

    Pools wake their waiters unfairly: with more requests in flight than connections some wait for
    seconds while later ones overtake them. Past `queue` waiters, or after `patience` seconds, the
    answer is `Unavailable`.
    """

    def __init__(self, *, width: int, queue: int, patience: float) -> None:
        self._free = asyncio.Semaphore(width)
        self._queue = queue
        self._patience = patience
        self._waiting = 0

    async def enter(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting >= self._queue:
            raise Unavailable("Too many requests wait for the database.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable("Too many requests wait for the database.") from None
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        self._free.release()
