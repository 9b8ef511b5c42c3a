"""A server that has fallen silent, noticed."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol

import attrs

from adapters.postgres.observing import UNOBSERVED, DatabaseObserver

_log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
"""Seconds."""


class Breakable(Protocol):
    """What the watchdog has to know of a connection."""

    def is_closed(self) -> bool: ...

    def terminate(self) -> None: ...


@attrs.define(eq=False)
class Watched:
    """The statement that runs on one connection, if any does.

    Its time is counted in looks: while this process itself stands still, nobody waits."""

    longest: int
    observer: DatabaseObserver = UNOBSERVED
    _looks_left: int | None = attrs.field(default=None, init=False)
    _sql: str = attrs.field(default="", init=False)
    _began: float = attrs.field(default=0.0, init=False)

    def running(self, sql: str) -> "Watched":
        self._sql = sql
        return self

    def __enter__(self) -> None:
        self._looks_left = self.longest
        self._began = time.perf_counter()

    def __exit__(
        self, _kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._looks_left = None
        self.observer.statement(self._sql, time.perf_counter() - self._began)

    @contextmanager
    def batch(self, sql: str, size: int) -> Iterator[None]:
        """Many statements, each of which may take as long as one."""
        with self.running(sql):
            self._looks_left = self.longest * max(size, 1)
            yield

    def look(self) -> bool:
        """Whether it has been waited for long enough."""
        if self._looks_left is None:
            return False
        self._looks_left -= 1
        return self._looks_left < 0


@attrs.define(eq=False)
class Watchdog:
    """Breaks the connections whose server does not answer.

    The server ends by itself what takes too long, unless it is frozen or cannot be heard any more.
    One look at all connections, four times a second: a timer for each statement would cost a good
    part of what a short one takes.
    """

    longest: float
    """Seconds; a little more than the server allows a statement."""
    alarm: Callable[[], None]
    """Called where one was silent, as then the others may be."""
    observer: DatabaseObserver = UNOBSERVED
    _watched: dict[Breakable, Watched] = attrs.field(factory=dict, init=False)
    _is_looking: bool = attrs.field(default=False, init=False)

    def watched(self, connection: Breakable) -> Watched:
        watched = self._watched.get(connection)
        if watched is None:
            watched = Watched(math.ceil(self.longest / LOOK_EVERY), self.observer)
            self._watched[connection] = watched
            if not self._is_looking:
                self._look_later(asyncio.get_running_loop())
        return watched

    def look(self) -> None:
        silent = [connection for connection, watched in self._watched.items() if watched.look()]
        for connection in silent:
            connection.terminate()
        if silent:
            _log.warning("%s connections broken off: the server does not answer", len(silent))
            self.alarm()
        for connection in [each for each in self._watched if each.is_closed()]:
            del self._watched[connection]

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_looking = True
        loop.call_later(LOOK_EVERY, self._look_again, loop)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self.look()
        self._is_looking = bool(self._watched)
        if self._is_looking:
            self._look_later(loop)
