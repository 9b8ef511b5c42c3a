"""One connection of each process that hears what the others commit."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Protocol

import asyncpg

from adapters.postgres.refusals import CONNECTION_LOST
from application.jobs.ports import Jitter
from application.outage import Outage
from domain.service_name import NAME

_log = logging.getLogger(__name__)

_HEARTBEAT = 2.0
_SHORTEST_PAUSE = timedelta(seconds=0.25)
_LONGEST_PAUSE = timedelta(seconds=1)


class Listener(Protocol):
    """Who wants to know what comes on a channel."""

    def listen(self) -> None:
        """From now on everything is heard; what was before may have passed unheard."""
        ...

    def hear(self, payload: str) -> None: ...

    def go_deaf(self) -> None:
        """From now on nothing is heard."""
        ...


@asynccontextmanager
async def listening(
    dsn: str, listeners: Mapping[str, Listener], *, connect_timeout: float, jitter: Jitter
) -> AsyncIterator[None]:
    """Keep the connection, and open it anew where it is lost. `listeners` are by channel."""
    heard_first = asyncio.Event()
    task = asyncio.create_task(_listen(dsn, listeners, connect_timeout, jitter, heard_first))
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(connect_timeout):
                await heard_first.wait()
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(
    dsn: str,
    listeners: Mapping[str, Listener],
    connect_timeout: float,
    jitter: Jitter,
    heard_first: asyncio.Event,
) -> None:
    outage = Outage(_log, "not listening to the database")
    pause = _SHORTEST_PAUSE

    def heard() -> None:
        nonlocal pause
        pause = _SHORTEST_PAUSE
        outage.is_over()
        heard_first.set()

    while True:
        try:
            connection = await asyncpg.connect(
                dsn, timeout=connect_timeout, server_settings={"application_name": f"{NAME} listen"}
            )
            try:
                await _listen_on(connection, listeners, heard)
            finally:
                for listener in listeners.values():
                    listener.go_deaf()
                connection.terminate()
        except CONNECTION_LOST as error:
            outage.is_met(type(error).__name__)
            # All processes have lost it in the same moment.
            await asyncio.sleep((pause + jitter(pause)).total_seconds())
            pause = min(2 * pause, _LONGEST_PAUSE)


async def _listen_on(
    connection: "asyncpg.Connection[asyncpg.Record]",
    listeners: Mapping[str, Listener],
    heard: Callable[[], None],
) -> None:
    """Until the connection is lost, which raises."""
    lost = asyncio.Event()

    def hear(_connection: object, _pid: int, channel: str, payload: object) -> None:
        listeners[channel].hear(str(payload))

    connection.add_termination_listener(lambda _: lost.set())
    for channel, listener in listeners.items():
        await connection.add_listener(channel, hear)
        listener.listen()
    heard()
    while True:
        # Where the server only falls silent, nothing but asking tells.
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEARTBEAT):
                await lost.wait()
        await connection.execute("SELECT 1", timeout=_HEARTBEAT)
