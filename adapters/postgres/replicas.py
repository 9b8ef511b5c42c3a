"""Reads that decide nothing, from replicas that have all that anybody was told is done."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import TypeVar

import attrs

from adapters.postgres.connection import (
    Database,
    PoolSettings,
    Read,
    Record,
    Transaction,
    pool_of,
)
from adapters.postgres.pool import ConnectionPool
from adapters.postgres.query import Query
from adapters.postgres.refusals import ConnectionBroken
from adapters.postgres.replication import Replica, Replication
from domain.errors import Conflict, Unavailable

Result = TypeVar("Result")


class ReplicatedDatabase(Database):
    """A primary, with replicas for the reads that decide nothing."""

    def __init__(self, pool: ConnectionPool, replication: Replication) -> None:
        super().__init__(pool)
        self._replication = replication

    async def read(self, read: Read[Result], query: Query, values: Mapping[str, object]) -> Result:
        replica = self._replication.next_replica()
        if replica is not None:
            try:
                return await replica.read(read, query, values)
            except ConnectionBroken:
                replica.avoid()
            except (Conflict, Unavailable):
                # Replaying a change cancels what reads the rows it removes: the next may fare well.
                pass
        return await super().read(read, query, values)

    async def stream(self, query: Query, values: Mapping[str, object]) -> AsyncIterator[Record]:
        replica = self._replication.next_replica()
        has_begun = False
        if replica is not None:
            try:
                async for record in replica.stream(query, values):
                    has_begun = True
                    yield record
            except (Conflict, Unavailable) as error:
                if has_begun:
                    # What came was of one moment, and the rest would be of another.
                    raise
                if isinstance(error, ConnectionBroken):
                    replica.avoid()
            else:
                return
        async for record in super().stream(query, values):
            yield record

    def transaction(self, begin: str = "BEGIN") -> Transaction:
        return _SettledTransaction(self.pool, begin, self._replication)

    def replicas(self) -> dict[str, str]:
        now = time.monotonic()
        return {replica.name: replica.status(now) for replica in self._replication.replicas}


@attrs.define
class _SettledTransaction(Transaction):
    """Leaving the block waits, with the connection given back, until the replicas that are read
    have what was committed."""

    _replication: Replication

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        raw = self._raw
        is_over = raw is not None and not raw.is_closed() and not raw.is_in_transaction()
        await super().__aexit__(kind, error, traceback)
        if is_over and (error is None or isinstance(error, Exception)):
            await self._replication.settle()


@attrs.frozen(kw_only=True)
class ReplicaSettings:
    urls: Sequence[str] = attrs.field(repr=False)
    longest_lag: float
    """Seconds."""


@asynccontextmanager
async def with_replicas(
    database: Database, url: str, settings: ReplicaSettings, pool: PoolSettings
) -> AsyncIterator[Database]:
    """The same database, with replicas where there are any. They are not waited for."""
    if not settings.urls:
        yield database
        return
    replicas = [
        Replica(
            name=f"replica {number}",
            url=replica_url,
            database=Database(pool_of(replica_url, pool)),
            longest_lag=settings.longest_lag,
        )
        for number, replica_url in enumerate(settings.urls, start=1)
    ]
    replication = Replication(url, replicas, settings.longest_lag, pool.connect_timeout)
    watching = [asyncio.create_task(replication.watch_primary())]
    watching += [asyncio.create_task(replication.watch(replica)) for replica in replicas]
    try:
        yield ReplicatedDatabase(database.pool, replication)
    finally:
        for task in watching:
            task.cancel()
        for task in watching:
            with suppress(asyncio.CancelledError):
                await task
        for replica in replicas:
            await replica.database.pool.close()
