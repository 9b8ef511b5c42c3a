"""What a database says of itself before the service stands on it."""

import asyncio
import time

import asyncpg
import attrs

from adapters.postgres.refusals import translated_failures
from adapters.postgres.replication import REPLAYED, WHO, Identity

OLDEST_MAJOR_VERSION = 15

_IS_EMPTY = """
SELECT NOT EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_')
)
"""


@attrs.frozen(kw_only=True)
class DatabaseState:
    version: str
    major_version: int
    revision: str | None
    """The migration it is at; None before the first."""
    is_empty: bool
    """Whether nobody has made anything in it."""
    ahead: float = 0.0
    """Seconds that its clock is ahead of ours."""

    @property
    def is_too_old(self) -> bool:
        return self.major_version < OLDEST_MAJOR_VERSION


def inspect(dsn: str, *, timeout: float) -> DatabaseState:
    """Raise `Unavailable` where it does not answer within `timeout` seconds."""
    return asyncio.run(_inspect(dsn, timeout))


async def _inspect(dsn: str, patience: float) -> DatabaseState:
    with translated_failures:
        connection = await asyncpg.connect(dsn, timeout=patience)
        try:
            async with asyncio.timeout(patience):
                revision = None
                if await connection.fetchval("SELECT to_regclass('alembic_version')") is not None:
                    revision = await connection.fetchval("SELECT version_num FROM alembic_version")
                nothing_made = await connection.fetchval(_IS_EMPTY)
                ahead = await _ahead(connection)
            server = connection.get_server_version()
            return DatabaseState(
                version=f"{server.major}.{server.minor}",
                major_version=server.major,
                revision=None if revision is None else str(revision),
                is_empty=bool(nothing_made),
                ahead=ahead,
            )
        finally:
            connection.terminate()


async def _ahead(connection: "asyncpg.Connection[asyncpg.Record]") -> float:
    """As far as can be told: it was asked at some moment between two of ours."""
    before = time.time()
    theirs = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    after = time.time()
    return min(theirs - before, 0.0) + max(theirs - after, 0.0)


def is_standby(url: str, *, primary: str, timeout: float) -> bool:
    """Whether one is a standby of the other. Raise `Unavailable` where it does not answer within
    `timeout` seconds."""
    return asyncio.run(_is_standby(url, primary, timeout))


async def _is_standby(url: str, primary: str, patience: float) -> bool:
    standby = await _first_row(url, REPLAYED, patience)
    return bool(standby["is_standby"]) and Identity.of(standby) == Identity.of(
        await _first_row(primary, WHO, patience)
    )


async def _first_row(url: str, question: str, patience: float) -> asyncpg.Record:
    with translated_failures:
        connection = await asyncpg.connect(url, timeout=patience)
        try:
            rows = await connection.fetch(question, timeout=patience)
        finally:
            connection.terminate()
    return rows[0]
