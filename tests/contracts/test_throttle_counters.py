"""Counts that all processes share."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from adapters.memory.throttling import MemoryThrottleCounters
from adapters.postgres.throttling import PostgresThrottleCounters
from application.throttling.ports import Bucket, ThrottleCounters
from domain.throttling import Count, RateLimit
from entrypoints.bootstrap.running import Inside

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
THREE = RateLimit("three", 3, 5 * MINUTE)
FIVE = RateLimit("five", 5, 5 * MINUTE)
ANN, BOB = Bucket(THREE, "ann"), Bucket(THREE, "bob")
HERE = Bucket(FIVE, "here")


@pytest.fixture(params=["memory", "postgres"])
def counters(request: pytest.FixtureRequest) -> ThrottleCounters:
    if request.param == "memory":
        return MemoryThrottleCounters()
    inside: Inside = request.getfixturevalue("inside")
    return PostgresThrottleCounters(inside.database, b"a key of the tests")


async def taken(counters: ThrottleCounters, *buckets: Bucket, at: datetime = NOON) -> bool:
    return await counters.take(buckets, at=at) is None


async def test_lets_through_the_quota_and_no_more(counters: ThrottleCounters) -> None:
    assert [await taken(counters, ANN) for _ in range(5)] == [True] * 3 + [False] * 2
    assert await taken(counters, BOB)


async def test_a_refusal_says_which_bucket_and_how_full(counters: ThrottleCounters) -> None:
    for _ in range(3):
        await counters.take([ANN, HERE], at=NOON)

    refusal = await counters.take([HERE, ANN], at=NOON)

    assert refusal is not None
    assert refusal.bucket == ANN
    assert refusal.count == Count(NOON, 3, 0)


async def test_where_one_bucket_is_full_nothing_is_counted(counters: ThrottleCounters) -> None:
    for _ in range(3):
        assert await taken(counters, ANN)
    for _ in range(9):
        assert not await taken(counters, ANN, HERE)

    assert [await taken(counters, HERE) for _ in range(6)] == [True] * 5 + [False]


async def test_what_is_given_back_can_be_taken_again(counters: ThrottleCounters) -> None:
    for _ in range(9):
        assert await taken(counters, ANN, HERE)
        await counters.give_back([HERE, ANN], at=NOON)

    await counters.give_back([ANN], at=NOON)
    assert [await taken(counters, ANN) for _ in range(4)] == [True] * 3 + [False]


async def test_the_next_window_remembers_the_one_before(counters: ThrottleCounters) -> None:
    for _ in range(3):
        await counters.take([ANN], at=NOON + 4 * MINUTE)

    assert not await taken(counters, ANN, at=NOON + 5 * MINUTE)
    assert await taken(counters, ANN, at=NOON + 7 * MINUTE)
    assert not await taken(counters, ANN, at=NOON + 7 * MINUTE)
    assert await taken(counters, ANN, at=NOON + 20 * MINUTE)


async def test_a_process_whose_clock_is_behind_gets_nothing_extra(
    counters: ThrottleCounters,
) -> None:
    for _ in range(3):
        await counters.take([ANN], at=NOON)

    assert not await taken(counters, ANN, at=NOON - MINUTE)
    assert not await taken(counters, ANN, at=NOON)


async def test_of_racing_callers_no_more_get_through(counters: ThrottleCounters) -> None:
    for _ in range(20):
        now = NOON + _ * timedelta(hours=1)
        racing = [taken(counters, ANN, HERE, at=now) for _ in range(4)]
        racing += [taken(counters, HERE, ANN, at=now) for _ in range(4)]

        assert sum(await asyncio.gather(*racing)) == 3


async def test_adds_whatever_has_happened(counters: ThrottleCounters) -> None:
    await counters.take([ANN], at=NOON)

    counts = await counters.add({ANN: 7, BOB: 2}, at=NOON)

    assert counts == {"ann": Count(NOON, 8, 0), "bob": Count(NOON, 2, 0)}
    assert not await taken(counters, ANN)


async def test_sweeps_what_no_longer_matters(counters: ThrottleCounters) -> None:
    await counters.take([ANN], at=NOON)
    await counters.take([BOB], at=NOON + 5 * MINUTE)

    assert await counters.sweep(at=NOON + 10 * MINUTE - timedelta(seconds=1)) == 0
    assert await counters.sweep(at=NOON + 10 * MINUTE) == 1
    assert await counters.sweep(at=NOON + 20 * MINUTE) == 1


async def test_the_table_does_not_tell_what_is_counted(inside: Inside, database_url: str) -> None:
    counters = PostgresThrottleCounters(inside.database, b"a key of the tests")
    await counters.take([Bucket(THREE, "login:account:hunter2")], at=NOON)

    connection = await asyncpg.connect(database_url)
    try:
        [key] = [row["key"] for row in await connection.fetch("SELECT key FROM throttles")]
    finally:
        await connection.close()

    assert "hunter2" not in key
    assert hashlib.sha256(b"login:account:hunter2").hexdigest() != key
