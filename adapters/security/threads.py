"""Threads for work that would hold up the event loop, with a limit to what may pile up."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore, Lock
from typing import NoReturn, TypeVar

import attrs

from domain.errors import Unavailable

Result = TypeVar("Result")

_HELD_AT_MOST = 1000


def usable_cores() -> int:
    """Those this process may run on, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@attrs.define(eq=False)
class Load:
    """How much there is to do, for whoever watches."""

    admitted: int = attrs.field(default=0, init=False)
    refused: int = attrs.field(default=0, init=False)
    _lock: Lock = attrs.field(factory=Lock, init=False, repr=False)

    def enter(self) -> None:
        with self._lock:
            self.admitted += 1

    def leave(self) -> None:
        with self._lock:
            self.admitted -= 1


@attrs.frozen(eq=False)
class BoundedThreads:
    """Runs at most `threads` pieces of work at once while at most `waiting` more wait their turn.

    What comes on top is refused after a moment: under overload a 503 serves callers better than an
    answer after they have given up, and a 503 without that moment would bring back those who repeat
    at once so often that no time is left for the work.
    """

    name: str
    threads: int = attrs.field(validator=attrs.validators.ge(1))
    waiting: int = attrs.field(validator=attrs.validators.ge(0))
    retry_after: int = 1
    """Seconds after which a caller who was refused may try again."""
    refused_after: float = 0.5
    """Seconds."""
    load: Load = attrs.field(init=False, factory=Load)
    _pool: ThreadPoolExecutor = attrs.field(init=False, repr=False)
    _room: BoundedSemaphore = attrs.field(init=False, repr=False)
    _held: BoundedSemaphore = attrs.field(
        init=False, repr=False, factory=lambda: BoundedSemaphore(_HELD_AT_MOST)
    )

    @_pool.default
    def _idle_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, thread_name_prefix=self.name)

    @_room.default
    def _all_the_room(self) -> BoundedSemaphore:
        return BoundedSemaphore(self.threads + self.waiting)

    @property
    def busy(self) -> int:
        return min(self.load.admitted, self.threads)

    @property
    def queued(self) -> int:
        return max(self.load.admitted - self.threads, 0)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Raise `Unavailable` when full or closed."""
        if not self._room.acquire(blocking=False):
            await self._refuse()
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            self._room.release()
            raise Unavailable("The service is shutting down.") from None
        self.load.enter()
        # Not in a `finally`: a caller who is cancelled leaves while the thread still works.
        future.add_done_callback(self._make_room)
        return await asyncio.wrap_future(future)

    async def must_have_room(self) -> None:
        """Raise `Unavailable` when full, as `run` would: before anything is done that only leads
        there. Nothing is reserved."""
        if not self._room.acquire(blocking=False):
            await self._refuse()
        self._room.release()

    async def _refuse(self) -> NoReturn:
        self.load.refused += 1
        if self._held.acquire(blocking=False):
            try:
                await asyncio.sleep(self.refused_after)
            finally:
                self._held.release()
        raise Unavailable("Too many requests of this kind at once.", retry_after=self.retry_after)

    def _make_room(self, _: Future[Result]) -> None:
        self.load.leave()
        self._room.release()

    async def aclose(self) -> None:
        """Take no more work; return when all that was admitted is done."""
        await asyncio.to_thread(self._pool.shutdown)
