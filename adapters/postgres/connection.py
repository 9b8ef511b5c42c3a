"""One thin connection over asyncpg: compiled Core statements in, records out."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TypeAlias, TypeVar

import asyncpg
import attrs
from pydantic_core import from_json

from adapters.postgres.observing import UNOBSERVED, DatabaseObserver
from adapters.postgres.pool import ConnectionPool, RawConnection
from adapters.postgres.query import Query
from adapters.postgres.refusals import ConnectionBroken, translated_failures
from adapters.postgres.watchdog import Watchdog
from application import correlation
from domain.service_name import NAME
from domain.text import MAX_INT64, MIN_INT64

Record: TypeAlias = asyncpg.Record

ROWS_PER_FETCH = 500
# Seconds until what a server gives up by itself has been heard of here.
_ON_ITS_WAY = 0.5
_LONG_NUMBER = re.compile(r"\d{19}")
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


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
    observer: DatabaseObserver = UNOBSERVED


class Connection:
    """Runs compiled statements. Values are given by name."""

    __slots__ = ("_raw", "_watched")

    def __init__(self, raw: RawConnection, watchdog: Watchdog) -> None:
        self._raw = raw
        self._watched = watchdog.watched(raw)

    async def rows(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        with translated_failures, self._watched.running(query.sql):
            return await self._raw.fetch(query.sql, *query.arguments(values))

    async def rows_afresh(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        """The same, planned for these very values. It costs a round trip, and more than that where
        PostgreSQL would sooner or later settle for one plan for all values."""
        with translated_failures, self._watched:
            statement = await self._raw.prepare(query.sql)
            return await statement.fetch(*query.arguments(values))

    async def row(self, query: Query, values: Mapping[str, object]) -> Record | None:
        with translated_failures, self._watched.running(query.sql):
            return await self._raw.fetchrow(query.sql, *query.arguments(values))

    async def execute(self, query: Query, values: Mapping[str, object]) -> int:
        """Answer how many rows were touched."""
        with translated_failures, self._watched.running(query.sql):
            status = await self._raw.execute(query.sql, *query.arguments(values))
        return int(status.rpartition(" ")[2])

    async def execute_each(self, query: Query, values: Iterable[Mapping[str, object]]) -> None:
        arguments = [query.arguments(each) for each in values]
        with translated_failures, self._watched.batch(query.sql, len(arguments)):
            await self._raw.executemany(query.sql, arguments)

    async def rows_of_each(
        self, query: Query, values: Iterable[Mapping[str, object]]
    ) -> list[Record]:
        arguments = [query.arguments(each) for each in values]
        with translated_failures, self._watched.batch(query.sql, len(arguments)):
            return await self._raw.fetchmany(query.sql, arguments)

    async def stream(self, query: Query, values: Mapping[str, object]) -> AsyncIterator[Record]:
        """Rows of one moment, a few hundred in memory at a time. Wants a transaction."""
        with translated_failures, self._watched.running(query.sql):
            cursor = await self._raw.cursor(query.sql, *query.arguments(values))
        while True:
            # Whoever takes the rows may take them as slowly as they like.
            with translated_failures, self._watched.running(query.sql):
                records = await cursor.fetch(ROWS_PER_FETCH)
            if not records:
                return
            for record in records:
                yield record

    async def command(self, sql: str) -> str:
        """A bare command such as BEGIN; answer its status."""
        with translated_failures, self._watched.running(sql):
            return await self._raw.execute(sql)


Result = TypeVar("Result")
Read: TypeAlias = Callable[[Connection, Query, Mapping[str, object]], Awaitable[Result]]


class Database:
    """The pool. Reads that decide nothing go straight through it."""

    def __init__(self, pool: ConnectionPool) -> None:
        self.pool = pool

    async def rows(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        return await self.read(Connection.rows, query, values)

    async def rows_afresh(self, query: Query, values: Mapping[str, object]) -> list[Record]:
        return await self.read(Connection.rows_afresh, query, values)

    async def row(self, query: Query, values: Mapping[str, object]) -> Record | None:
        return await self.read(Connection.row, query, values)

    async def read(self, read: Read[Result], query: Query, values: Mapping[str, object]) -> Result:
        try:
            return await self.run_once(read, query, values)
        except ConnectionBroken:
            return await self.run_once(read, query, values)

    async def run_once(
        self, run: Read[Result], query: Query, values: Mapping[str, object]
    ) -> Result:
        """One statement as a transaction of its own, on the primary, and never repeated."""
        raw = await self.pool.acquire()
        try:
            result = await run(Connection(raw, self.pool.watchdog), query, values)
        except ConnectionBroken:
            # Most likely while it was idle, and with all others, by a restart of the server.
            self.pool.release(raw)
            self.pool.forget_idle()
            raise
        except Exception:
            self.pool.release(raw)
            raise
        except BaseException:
            self.pool.discard(raw)
            raise
        self.pool.release(raw)
        return result

    async def stream(self, query: Query, values: Mapping[str, object]) -> AsyncIterator[Record]:
        async with self.transaction(_SNAPSHOT) as connection:
            async for record in connection.stream(query, values):
                yield record

    def transaction(self, begin: str = "BEGIN") -> "Transaction":
        return Transaction(self.pool, begin)

    def replicas(self) -> dict[str, str]:
        """How each replica is, by its name: `ok`, or why it is not read."""
        return {}


@attrs.define
class Transaction:
    """One transaction; leaving the block rolls back what was not committed by then."""

    _pool: ConnectionPool
    _begin: str
    _raw: "RawConnection | None" = attrs.field(default=None, init=False)

    async def __aenter__(self) -> Connection:
        try:
            self._raw = await self._begin_once()
        except ConnectionBroken:
            self._pool.forget_idle()
            self._raw = await self._begin_once()
        return Connection(self._raw, self._pool.watchdog)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._raw is None:
            return
        raw, self._raw = self._raw, None
        if error is not None and not isinstance(error, Exception):
            self._pool.discard(raw)
            return
        try:
            if not raw.is_closed() and raw.is_in_transaction():
                await Connection(raw, self._pool.watchdog).command("ROLLBACK")
        except Exception:
            self._pool.release(raw)
            raise
        except BaseException:
            self._pool.discard(raw)
            raise
        self._pool.release(raw)

    async def _begin_once(self) -> RawConnection:
        raw = await self._pool.acquire()
        try:
            await Connection(raw, self._pool.watchdog).command(_named(self._begin))
        except Exception:
            self._pool.release(raw)
            raise
        except BaseException:
            self._pool.discard(raw)
            raise
        return raw


def _named(begin: str) -> str:
    """With the request that it is for, in the same round trip: who looks at what the server does,
    or waits for a lock, sees whose it is. A statement of its own goes without: to say it would
    take as long as the statement."""
    request_id = correlation.request_id.get()
    if request_id is None:
        return begin
    # PostgreSQL cuts off what is too long.
    return f"{begin}; SET LOCAL application_name = '{NAME}/{_quoted(request_id)}'"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


@asynccontextmanager
async def open_database(dsn: str, settings: PoolSettings) -> AsyncIterator[Database]:
    """Raise `Unavailable` where the server can't be reached."""
    pool = pool_of(dsn, settings)
    pool.release(await pool.acquire())
    try:
        yield Database(pool)
    finally:
        await pool.close()


def pool_of(dsn: str, settings: PoolSettings) -> ConnectionPool:
    """One that has opened nothing yet."""

    async def connect() -> RawConnection:
        # asyncpg's own timeout ends before what is asked once there is a connection.
        async with asyncio.timeout(settings.connect_timeout):
            raw = await asyncpg.connect(
                dsn,
                server_settings={
                    "application_name": NAME,
                    "timezone": "UTC",
                    # Compiling a plan pays off for queries of seconds, of which there are none.
                    "jit": "off",
                    "statement_timeout": _milliseconds(settings.statement_timeout),
                    "lock_timeout": _milliseconds(settings.lock_timeout),
                    "idle_in_transaction_session_timeout": _milliseconds(
                        settings.idle_in_transaction_timeout
                    ),
                },
            )
            try:
                await raw.set_type_codec(
                    "jsonb",
                    schema="pg_catalog",
                    encoder=_already_text,
                    decoder=_from_text,
                    format="text",
                )
            except BaseException:
                raw.terminate()
                raise
            return raw

    return ConnectionPool(
        connect,
        size=settings.size,
        queue=settings.queue,
        patience=settings.patience,
        longest_statement=settings.statement_timeout + _ON_ITS_WAY,
        observer=settings.observer,
    )


def _already_text(text: str) -> str:
    """SQLAlchemy's JSONB has made it text."""
    return text


def _from_text(text: str) -> object:
    """PostgreSQL writes 6.02e23 out in digits; read as an integer it would be past all bounds."""
    # A float of that size has 17 significant digits at most, so that it ends in zeros.
    if "00" not in text or _LONG_NUMBER.search(text) is None:
        return from_json(text)
    return json.loads(text, parse_int=_within_bounds)


def _within_bounds(digits: str) -> float:
    integer = int(digits)
    return integer if MIN_INT64 <= integer <= MAX_INT64 else float(digits)


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
