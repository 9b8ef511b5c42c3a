"""Counts in PostgreSQL, shared by all processes."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from sqlalchemy import DateTime, Index, Text, any_, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row
from application.throttling.ports import Bucket, Refusal
from domain.throttling import Count


class ThrottleRow(Row):
    """One bucket; see `Count` for what the two numbers mean."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[datetime]
    current: Mapped[int]
    previous: Mapped[int]
    expires_at: Mapped[datetime]
    """When it no longer matters."""


Index("ix_throttles_expires_at", ThrottleRow.expires_at)

_insert = insert(ThrottleRow)
# Of two processes whose clocks differ, one may still be in the window before.
_SAME_WINDOW = ThrottleRow.window >= _insert.excluded.window
_NEXT_WINDOW = ThrottleRow.window == bindparam("window_before", type_=DateTime(timezone=True))
_COUNT = compile_query(
    _insert.on_conflict_do_update(
        index_elements=[ThrottleRow.key],
        set_={
            "current": case(
                (_SAME_WINDOW, ThrottleRow.current + _insert.excluded.current),
                else_=_insert.excluded.current,
            ),
            "previous": case(
                (_SAME_WINDOW, ThrottleRow.previous), (_NEXT_WINDOW, ThrottleRow.current), else_=0
            ),
            "window": func.greatest(ThrottleRow.window, _insert.excluded.window),
            "expires_at": func.greatest(ThrottleRow.expires_at, _insert.excluded.expires_at),
        },
    ).returning(ThrottleRow.window, ThrottleRow.current, ThrottleRow.previous),
    ["key", "window", "current", "previous", "expires_at"],
)
# In the order in which they are taken: else the two could wait for each other.
_LOCK = compile_query(
    select(ThrottleRow.key)
    .where(ThrottleRow.key == any_(bindparam("keys", type_=ARRAY(Text))))
    .order_by(ThrottleRow.key)
    .with_for_update()
)
_GIVE_BACK = compile_query(
    update(ThrottleRow)
    .where(ThrottleRow.key == any_(bindparam("keys", type_=ARRAY(Text))), ThrottleRow.current > 0)
    .values(current=ThrottleRow.current - 1)
)
_SWEEP = compile_query(delete(ThrottleRow).where(ThrottleRow.expires_at <= bindparam("at")))


@attrs.frozen
class PostgresThrottleCounters:
    """What is counted is kept as its HMAC: what somebody typed in a name's place may well have been
    a password."""

    database: Database
    key: bytes = attrs.field(repr=False)

    async def take(self, buckets: Sequence[Bucket], *, at: datetime) -> Refusal | None:
        in_order = sorted(buckets, key=self._stored)
        async with self.database.transaction() as connection:
            records = await connection.rows_of_each(
                _COUNT, [self._values(bucket, 1, at) for bucket in in_order]
            )
            for bucket, record in zip(in_order, records, strict=True):
                count = _count(record)
                if count.exceeds(bucket.limit, at):
                    # Rolled back, so that who is refused does not put off the end of it.
                    return Refusal(bucket, count.plus(-1))
            await _commit(connection)
        return None

    async def give_back(self, buckets: Sequence[Bucket], *, at: datetime) -> None:
        # Of a window that is over meanwhile too little is given back, which is soon forgotten.
        del at
        keys = {"keys": [self._stored(bucket) for bucket in buckets]}
        async with self.database.transaction() as connection:
            await connection.rows(_LOCK, keys)
            await connection.execute(_GIVE_BACK, keys)
            await _commit(connection)

    async def add(self, times: Mapping[Bucket, int], *, at: datetime) -> Mapping[str, Count]:
        in_order = sorted(times, key=self._stored)
        async with self.database.transaction() as connection:
            records = await connection.rows_of_each(
                _COUNT, [self._values(bucket, times[bucket], at) for bucket in in_order]
            )
            await _commit(connection)
        pairs = zip(in_order, records, strict=True)
        return {bucket.key: _count(record) for bucket, record in pairs}

    async def sweep(self, *, at: datetime) -> int:
        async with self.database.transaction() as connection:
            swept = await connection.execute(_SWEEP, {"at": at})
            await _commit(connection)
        return swept

    def _values(self, bucket: Bucket, times: int, at: datetime) -> dict[str, object]:
        window = bucket.limit.window_at(at)
        return {
            "key": self._stored(bucket),
            "window": window,
            "window_before": window - bucket.limit.window,
            "current": times,
            "previous": 0,
            "expires_at": window + 2 * bucket.limit.window,
        }

    def _stored(self, bucket: Bucket) -> str:
        text = bucket.key.encode(errors="surrogatepass")
        return hmac.digest(self.key, text, "sha256").hex()


async def _commit(connection: Connection) -> None:
    await connection.command("COMMIT")


def _count(record: Record) -> Count:
    return Count(record["window"], record["current"], record["previous"])
