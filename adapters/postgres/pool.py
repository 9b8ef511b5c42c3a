"""Connections, handed out in the order they were asked for."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

import asyncpg
import attrs

from adapters.postgres.observing import UNOBSERVED, DatabaseObserver
from adapters.postgres.refusals import translated_failures
from adapters.postgres.watchdog import Watchdog
from domain.errors import Unavailable

# Seconds; asyncpg breaks off what can't be closed by then.
_CLOSE_TIMEOUT = 2.0

RawConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@attrs.define
class ConnectionPool:
    """At most `size` connections, opened as they are needed.

    asyncpg's own pool wakes its waiters unfairly: with more requests in flight than connections
    some wait for seconds while later ones overtake them. It also spends more on lending a
    connection than the query on it takes. Here whoever returns a connection hands it to the one
    who has waited longest. Past `queue` waiters, or after `patience` seconds, the answer is
    `Unavailable`.
    """

    connect: Callable[[], Awaitable[RawConnection]]
    size: int
    queue: int
    patience: float
    longest_statement: float
    observer: DatabaseObserver = UNOBSERVED
    refused: int = attrs.field(default=0, init=False)
    """How many were sent away because too many waited, or waited for too long."""
    watchdog: Watchdog = attrs.field(init=False)
    _idle: list[RawConnection] = attrs.field(factory=list, init=False)
    _opened: int = attrs.field(default=0, init=False)
    """Lent, idle or being opened."""
    _closing: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)
    _waiting: "deque[asyncio.Future[RawConnection | None]]" = attrs.field(factory=deque, init=False)

    def __attrs_post_init__(self) -> None:
        self.watchdog = Watchdog(self.longest_statement, self.forget_idle, self.observer)

    @property
    def lent(self) -> int:
        return self._opened - len(self._idle)

    @property
    def idle(self) -> int:
        return len(self._idle)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def acquire(self) -> RawConnection:
        if not self._waiting:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self._opened -= 1
            if self._opened < self.size:
                return await self._open()
        return await self._wait() or await self._open_in_place()

    def release(self, connection: RawConnection) -> None:
        """Take it back, clean; one that is broken or left in a transaction is thrown away."""
        if not connection.is_closed() and connection.is_in_transaction():
            connection.terminate()
        if connection.is_closed():
            self._pass_on(None)
        else:
            self._pass_on(connection)

    def discard(self, connection: RawConnection) -> None:
        """Throw it away: a query on it was interrupted, and its answer may still be on the way. Its
        place is free once the server has been told, else the query would go on and keep its locks
        while others take its place."""
        closing = asyncio.create_task(self._close(connection))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def forget_idle(self) -> None:
        """Throw away those that are idle: where one is broken, all may be."""
        while self._idle:
            self._idle.pop().terminate()
            self._opened -= 1

    async def close(self) -> None:
        """Close those that are idle; the others close as they come back."""
        self.size = 0
        await asyncio.gather(*self._closing)
        while self._idle:
            await self._idle.pop().close(timeout=_CLOSE_TIMEOUT)

    async def _close(self, connection: RawConnection) -> None:
        try:
            with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
                await connection.close(timeout=_CLOSE_TIMEOUT)
        finally:
            self._pass_on(None)

    async def _open(self) -> RawConnection:
        self._opened += 1
        return await self._open_in_place()

    async def _open_in_place(self) -> RawConnection:
        """Open one that is counted already."""
        try:
            with translated_failures:
                return await self.connect()
        except BaseException:
            self._pass_on(None)
            raise

    async def _wait(self) -> "RawConnection | None":
        """A connection, or None for leave to open one."""
        if len(self._waiting) >= self.queue:
            self.refused += 1
            raise Unavailable("Too many requests wait for the database.")
        turn: asyncio.Future[RawConnection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.patience):
                return await turn
        except BaseException as interruption:
            if turn.done() and not turn.cancelled():
                # Handed over in the very moment of giving up.
                self._pass_on(turn.result())
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(interruption, TimeoutError):
                self.refused += 1
                raise Unavailable("Too many requests wait for the database.") from None
            raise
        finally:
            self.observer.waited(time.perf_counter() - began)

    def _pass_on(self, connection: "RawConnection | None") -> None:
        """Give a connection, or the leave to open one, to whoever is next."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is None:
            self._opened -= 1
        elif self._opened > self.size:
            connection.terminate()
            self._opened -= 1
        else:
            self._idle.append(connection)
