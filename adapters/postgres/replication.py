"""How far the primary and its replicas are, and who reads from which.

The rules, and why they hold without asking on whose behalf one reads, are in
docs/decisions/0020-read-replicas.md. Moments are of the monotonic clock, in seconds.
"""

import asyncio
import hashlib
import logging
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import asyncpg
import attrs

from adapters.postgres.connection import Database, Read, Record
from adapters.postgres.pool import RawConnection
from adapters.postgres.query import Query
from adapters.postgres.refusals import CONNECTION_LOST, ConnectionBroken
from domain.service_name import NAME

_log = logging.getLogger(__name__)

Result = TypeVar("Result")

# In units of the longest lag.
_BETWEEN_QUESTIONS = 0.2
_FREE_SINCE = 3
_JOINING = 4
# Seconds.
_BETWEEN_URGENT_QUESTIONS = 0.001
_RETRY_AFTER = 0.5
_LONGEST_RETRY_AFTER = 8.0
_AVOIDED = 1.0

_UNREACHABLE = "unreachable"
_NO_STANDBY = "not a standby of this primary"

_FAILURES = (*CONNECTION_LOST, asyncpg.PostgresError)

WHO = """
    SELECT system_identifier, current_database() AS database,
        ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int AS timeline
    FROM pg_control_system()
"""
# What is acknowledged before it is flushed has no other bound than the end of what is written.
_WRITTEN = """
    SELECT (CASE current_setting('synchronous_commit')
        WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END
        - '0/0'::pg_lsn)::bigint
"""
# The timeline as of the last restart point: for some minutes after a promotion it is the old one.
REPLAYED = """
    SELECT pg_is_in_recovery() AS is_standby,
        (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint AS position,
        system_identifier, timeline_id AS timeline, current_database() AS database
    FROM pg_control_system(), pg_control_checkpoint()
"""
_ANNOUNCE = "SELECT pg_try_advisory_lock_shared($1)"
_RETRACT = "SELECT pg_advisory_unlock_shared($1)"
_IS_FREE = "SELECT pg_try_advisory_xact_lock($1)"


@attrs.frozen
class Identity:
    """Of a database and its physical copies."""

    system_identifier: int
    timeline: int
    database: str

    @classmethod
    def of(cls, record: Record) -> "Identity":
        return cls(record["system_identifier"], record["timeline"], record["database"])


@attrs.define
class _News:
    """Wakes all who wait at the moment that it is told."""

    _event: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    def next(self) -> asyncio.Event:
        return self._event

    def tell(self) -> None:
        told, self._event = self._event, asyncio.Event()
        told.set()


@attrs.define(eq=False, kw_only=True)
class Replica:
    """One standby, as this process knows it."""

    name: str
    url: str = attrs.field(repr=False)
    database: Database
    longest_lag: float
    progress: _News = attrs.field(factory=_News, init=False)
    fresh_as_of: float = attrs.field(default=-math.inf, init=False)
    """The latest moment of which it is known to have all that the primary had."""
    announced_at: float | None = attrs.field(default=None, init=False)
    """Since when every process can know that this one reads from it."""
    _fault: str | None = attrs.field(default=_UNREACHABLE, init=False)
    _avoided_until: float = attrs.field(default=-math.inf, init=False)
    _was_read: bool = attrs.field(default=False, init=False)
    _reads: set[asyncio.Timeout] = attrs.field(factory=set, init=False)
    _found_free: deque[tuple[float, float]] = attrs.field(factory=deque, init=False)

    @property
    def address(self) -> str:
        """For people; a socket's directory is among the parameters, and so may be a password."""
        place = urlsplit(self.url)
        return place.netloc.rpartition("@")[2] or ", ".join(parse_qs(place.query).get("host", ()))

    @property
    def key(self) -> int:
        """By which all processes mean the same replica, whoever they connect as."""
        place = urlsplit(self.url)
        text = f"{NAME} replica {self.address}{place.path}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)

    def is_fresh(self, now: float) -> bool:
        return (
            self._fault is None
            and now - self.fresh_as_of <= self.longest_lag
            and now >= self._avoided_until
        )

    def is_read(self, now: float) -> bool:
        return (
            self.is_fresh(now)
            and self.announced_at is not None
            and now - self.announced_at >= _JOINING * self.longest_lag
        )

    def status(self, now: float) -> str:
        if self._fault is not None:
            return self._fault
        lag = now - self.fresh_as_of
        if lag > self.longest_lag:
            return "behind" if math.isinf(lag) else f"{lag:.1f} s behind"
        if now < self._avoided_until:
            return "a read of it has failed"
        return "ok" if self.is_read(now) else "joining"

    async def read(self, read: Read[Result], query: Query, values: Mapping[str, object]) -> Result:
        async with self._unless_lost():
            return await self.database.read(read, query, values)

    async def stream(self, query: Query, values: Mapping[str, object]) -> AsyncIterator[Record]:
        records = aiter(self.database.stream(query, values))
        while True:
            async with self._unless_lost():
                record = await anext(records, None)
            if record is None:
                return
            yield record

    @asynccontextmanager
    async def _unless_lost(self) -> AsyncIterator[None]:
        """Raise `ConnectionBroken` also where it falls silent meanwhile."""
        patience = asyncio.timeout(None)
        self._reads.add(patience)
        try:
            async with patience:
                yield
        except TimeoutError as error:
            raise ConnectionBroken("The replica does not answer.") from error
        finally:
            self._reads.discard(patience)

    def reach(self, moment: float) -> None:
        self._fault = None
        self.fresh_as_of = max(self.fresh_as_of, moment)
        self.progress.tell()
        self.tell_log()

    def lose(self, fault: str) -> None:
        """Read it no more; whoever reads it at this moment gives up."""
        self._fault = fault
        self.database.pool.forget_idle()
        now = asyncio.get_running_loop().time()
        for read in self._reads:
            if not read.expired():
                read.reschedule(now)
        self.tell_log()

    def avoid(self) -> None:
        self._avoided_until = time.monotonic() + _AVOIDED
        self.tell_log()

    def tell_log(self) -> None:
        """One line where it begins or ceases to be read."""
        now = time.monotonic()
        is_read = self.is_read(now)
        if is_read and not self._was_read:
            _log.info("%s at %s is read", self.name, self.address)
        if self._was_read and not is_read:
            _log.warning("%s at %s is not read: %s", self.name, self.address, self.status(now))
        self._was_read = is_read

    def found_free(self, asked_at: float, answered_at: float) -> None:
        """No process had announced that it reads from it."""
        self._found_free.append((asked_at, answered_at))
        while self._found_free[0][0] < asked_at - _FREE_SINCE * self.longest_lag:
            self._found_free.popleft()

    def can_not_be_read_before(self, moment: float) -> bool:
        """Whether whoever comes to read it must know it to be fresh as of a later moment."""
        earliest = moment - _FREE_SINCE * self.longest_lag
        latest = moment - self.longest_lag
        return any(
            earliest <= asked_at and answered_at <= latest
            for asked_at, answered_at in self._found_free
        )

    async def reached(self, moment: float, *, until: float) -> None:
        while self.fresh_as_of < moment:
            remaining = until - time.monotonic()
            if remaining <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(remaining):
                    await self.progress.next().wait()


@attrs.define(eq=False)
class Replication:
    """Asks the primary what it has written, and each replica what of it has arrived there."""

    primary_url: str = attrs.field(repr=False)
    replicas: Sequence[Replica]
    longest_lag: float
    connect_timeout: float
    _primary: Identity | None = attrs.field(default=None, init=False)
    _written: deque[tuple[float, int]] = attrs.field(factory=deque, init=False)
    """When the primary was asked, and its position then."""
    _told_failure: str = attrs.field(default="", init=False)
    """To watch the primary; told once until it is watched again."""
    _news: _News = attrs.field(factory=_News, init=False)
    _wanted: float = attrs.field(default=-math.inf, init=False)
    """Of this moment somebody waits for the replicas to be."""
    _hurry: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _turn: int = attrs.field(default=0, init=False)

    def next_replica(self) -> Replica | None:
        """In turn, of those that have all that was acknowledged by now."""
        now = time.monotonic()
        for _ in self.replicas:
            self._turn = (self._turn + 1) % len(self.replicas)
            replica = self.replicas[self._turn]
            if replica.is_read(now):
                return replica
        return None

    async def settle(self) -> None:
        """Wait until no process reads what was before this moment."""
        committed_at = time.monotonic()
        awaited = [
            replica for replica in self.replicas if not replica.can_not_be_read_before(committed_at)
        ]
        if not awaited:
            return
        self._wanted = committed_at
        self._hurry.set()
        for replica in awaited:
            await replica.reached(committed_at, until=committed_at + self.longest_lag)

    async def watch_primary(self) -> None:
        while True:
            try:
                async with self._connected(self.primary_url) as connection:
                    await self._watch_primary(connection)
            except _FAILURES as error:
                kind = type(error).__name__
                if kind != self._told_failure:
                    self._told_failure = kind
                    _log.warning("no replica is read: the primary can't be watched: %s", kind)
            finally:
                # The announcements went with the connection.
                for replica in self.replicas:
                    replica.announced_at = None
            await asyncio.sleep(_RETRY_AFTER)

    async def _watch_primary(self, connection: RawConnection) -> None:
        """Until the connection is lost, which raises."""
        self._written.clear()
        [who] = await connection.fetch(WHO, timeout=self.longest_lag)
        self._primary = Identity.of(who)
        announced_at = -math.inf
        while True:
            asked_at = time.monotonic()
            self._hurry.clear()
            position = await connection.fetchval(_WRITTEN, timeout=self.longest_lag)
            self._written.append((asked_at, position))
            self._told_failure = ""
            while self._written[0][0] < asked_at - self.longest_lag:
                self._written.popleft()
            self._news.tell()
            if asked_at - announced_at >= self._interval:
                announced_at = asked_at
                for replica in self.replicas:
                    await self._announce(connection, replica)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await self._hurry.wait()

    async def _announce(self, connection: RawConnection, replica: Replica) -> None:
        """Let every process know whether this one reads from it, or find out whether any does."""
        asked_at = time.monotonic()
        if replica.is_fresh(asked_at):
            if replica.announced_at is None and await connection.fetchval(
                _ANNOUNCE, replica.key, timeout=self.longest_lag
            ):
                replica.announced_at = time.monotonic()
            return
        if replica.announced_at is not None:
            replica.announced_at = None
            await connection.execute(_RETRACT, replica.key, timeout=self.longest_lag)
        asked_at = time.monotonic()
        if await connection.fetchval(_IS_FREE, replica.key, timeout=self.longest_lag):
            replica.found_free(asked_at, time.monotonic())

    async def watch(self, replica: Replica) -> None:
        pause = _RETRY_AFTER
        while True:
            connected_at = time.monotonic()
            try:
                async with self._connected(replica.url) as connection:
                    await self._watch(replica, connection)
            except _FAILURES:
                replica.lose(_UNREACHABLE)
            if time.monotonic() - connected_at > _LONGEST_RETRY_AFTER:
                pause = _RETRY_AFTER
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_RETRY_AFTER)

    async def _watch(self, replica: Replica, connection: RawConnection) -> None:
        """Until the connection is lost, which raises."""
        pause = _BETWEEN_URGENT_QUESTIONS
        while True:
            news = self._news.next()
            [record] = await connection.fetch(REPLAYED, timeout=self.longest_lag)
            self._compare(replica, record)
            if self._is_awaited(replica):
                await asyncio.sleep(pause)
                pause = min(1.5 * pause, self._interval)
                continue
            pause = _BETWEEN_URGENT_QUESTIONS
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await news.wait()

    def _compare(self, replica: Replica, record: Record) -> None:
        if self._primary is None:
            return
        if not record["is_standby"] or Identity.of(record) != self._primary:
            replica.lose(_NO_STANDBY)
            return
        replayed = record["position"]
        moments = (
            asked_at for asked_at, position in reversed(self._written) if position <= replayed
        )
        replica.reach(next(moments, -math.inf))

    def _is_awaited(self, replica: Replica) -> bool:
        """Whether somebody waits, and the primary has said for what."""
        return (
            replica.fresh_as_of < self._wanted
            and bool(self._written)
            and self._written[-1][0] >= self._wanted
            and time.monotonic() < self._wanted + self.longest_lag
        )

    @property
    def _interval(self) -> float:
        return _BETWEEN_QUESTIONS * self.longest_lag

    @asynccontextmanager
    async def _connected(self, url: str) -> AsyncIterator[RawConnection]:
        connection = await asyncpg.connect(
            url,
            timeout=self.connect_timeout,
            server_settings={"application_name": f"{NAME} watch"},
        )
        try:
            yield connection
        finally:
            connection.terminate()
