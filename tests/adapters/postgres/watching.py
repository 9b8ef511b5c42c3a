"""A look at the connections of a database, from beside."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg
import attrs

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_STATES = """
    SELECT state FROM pg_stat_activity
    WHERE datname = current_database() AND application_name ~ '^tessera(/|$)'
"""
_END = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name ~ '^tessera(/|$)'
"""


@attrs.frozen
class Watcher:
    session: Session

    async def states(self) -> list[str]:
        """What each connection of the service is doing."""
        return [str(record["state"]) for record in await self.session.fetch(_STATES)]

    async def end_connections(self) -> None:
        await self.session.execute(_END)

    async def count(self, table: str) -> int:
        return int(await self.session.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - a test's own


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 2) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it does not happen"
        await asyncio.sleep(0.01)
