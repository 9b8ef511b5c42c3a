"""One thin connection over asyncpg's pool: compiled Core statements in, records out."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
import attrs
from asyncpg.pool import PoolConnectionProxy
from pydantic_core import from_json

from adapters.postgres.gate import Gate
from adapters.postgres.query import Query
from adapters.postgres.refusals import translated_failures

Record: TypeAlias = asyncpg.Record
RawConnection: TypeAlias = "PoolConnectionProxy[Record]"

ROWS_PER_FETCH = 500


@attrs.frozen(kw_only=True)
class PoolSettings:
    """Durations in seconds."""

    size: int = 32
    queue: int = 1024
    patience: float = 5
    connect_timeout: float = 2
    statement_timeout: float = 5
    lock_timeout: float = 3
    idle_in_transaction_timeout: float = 60


class Connection:
    """Runs compiled statements. Values are given by name."""

    __slots__ = ("_raw",)

    def __init__(self, raw: RawConnection) -> None:
        self._raw = raw

    async def rows(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        with translated_failures:
            return await self._raw.fetch(query.sql, *query.arguments(values))

    async def row(self, query: Query, values: Mapping[str, object]) -> Record | None:
        with translated_failures:
            return await self._raw.fetchrow(query.sql, *query.arguments(values))

    async def execute(self, query: Query, values: Mapping[str, object]) -> int:
        """Answer how many rows were touched."""
        with translated_failures:
            status = await self._raw.execute(query.sql, *query.arguments(values))
        return int(status.rpartition(" ")[2])

    async def execute_each(self, query: Query, values: Iterable[Mapping[str, object]]) -> None:
        with translated_failures:
            await self._raw.executemany(query.sql, [query.arguments(each) for each in values])

    async def rows_of_each(
        self, query: Query, values: Iterable[Mapping[str, object]]
    ) -> list[Record]:
        with translated_failures:
            return await self._raw.fetchmany(query.sql, [query.arguments(each) for each in values])

    async def stream(self, query: Query, values: Mapping[str, object]) -> AsyncIterator[Record]:
        """Rows of one moment, a few hundred in memory at a time. Wants a transaction."""
        with translated_failures:
            cursor = await self._raw.cursor(query.sql, *query.arguments(values))
            while records := await cursor.fetch(ROWS_PER_FETCH):
                for record in records:
                    yield record

    async def command(self, sql: str) -> str:
        """A bare command such as BEGIN; answer its status."""
        with translated_failures:
            return await self._raw.execute(sql)

    @property
    def is_closed(self) -> bool:
        return self._raw.is_closed()


class Database:
    """The pool with its gate. Reads that decide nothing go straight through it."""

    def __init__(self, pool: "asyncpg.Pool[Record]", gate: Gate, settings: PoolSettings) -> None:
        self._pool = pool
        self._gate = gate
        self._settings = settings

    async def rows(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        raw = await self._acquire()
        try:
            return await Connection(raw).rows(query, values)
        finally:
            await self._release(raw)

    async def row(self, query: Query, values: Mapping[str, object]) -> Record | None:
        raw = await self._acquire()
        try:
            return await Connection(raw).row(query, values)
        finally:
            await self._release(raw)

    async def stream(self, query: Query, values: Mapping[str, object]) -> AsyncIterator[Record]:
        async with self.transaction(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        ) as connection:
            async for record in connection.stream(query, values):
                yield record

    @asynccontextmanager
    async def transaction(self, begin: str = "BEGIN") -> AsyncIterator[Connection]:
        """One transaction; leaving the block rolls back what was not committed by then."""
        raw = await self._acquire()
        try:
            connection = Connection(raw)
            await connection.command(begin)
            try:
                yield connection
            finally:
                if not raw.is_closed() and raw.is_in_transaction():
                    await connection.command("ROLLBACK")
        finally:
            await self._release(raw)

    async def _acquire(self) -> RawConnection:
        await self._gate.enter()
        try:
            with translated_failures:
                return await self._pool.acquire(timeout=self._settings.connect_timeout)
        except BaseException:
            self._gate.leave()
            raise

    async def _release(self, raw: RawConnection) -> None:
        try:
            with translated_failures:
                await self._pool.release(raw)
        finally:
            self._gate.leave()


@asynccontextmanager
async def open_database(dsn: str, settings: PoolSettings) -> AsyncIterator[Database]:
    """Raise `Unavailable` where the server can't be reached."""
    with translated_failures:
        pool = await asyncpg.create_pool(
            dsn,
            min_size=min(2, settings.size),
            max_size=settings.size,
            timeout=settings.connect_timeout,
            max_inactive_connection_lifetime=0,
            init=_prepare,
            reset=_keep,
            server_settings={
                "application_name": "tessera",
                "timezone": "UTC",
                "statement_timeout": _milliseconds(settings.statement_timeout),
                "lock_timeout": _milliseconds(settings.lock_timeout),
                "idle_in_transaction_session_timeout": _milliseconds(
                    settings.idle_in_transaction_timeout
                ),
            },
        )
    gate = Gate(width=settings.size, queue=settings.queue, patience=settings.patience)
    try:
        yield Database(pool, gate, settings)
    finally:
        await pool.close()


async def _prepare(raw: "asyncpg.Connection[Record]") -> None:
    await raw.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_already_text, decoder=from_json, format="text"
    )


async def _keep(_: object) -> None:
    """Nothing of ours outlives a transaction, so asyncpg's reset would be a round trip in vain."""


def _already_text(text: str) -> str:
    """SQLAlchemy's JSONB has made it text."""
    return text


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
