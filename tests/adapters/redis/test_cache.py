"""What several processes share by a real Redis: none of them is the worse for it, whatever becomes
of it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest
from redis.asyncio import Redis

from adapters.redis.cache import RedisCache
from adapters.redis.server import LEFT_ALONE, redis_at
from domain.errors import NotFound
from tests.adapters.postgres.watching import until
from tests.caches import Origin, a_redis_cache, nothing
from tests.redis_server import RedisServer

LONG = 60.0
SHORT = 0.2
TICK = 0.002
PATIENCE = 0.1
KEYS = ("lamp", "desk")


@asynccontextmanager
async def processes(
    url: str, *, lifetime: float = LONG, patience: float = 5
) -> AsyncIterator[tuple[RedisCache[bytes], RedisCache[bytes]]]:
    """Two that have asked for what there is before, so that they share it from now on."""
    async with AsyncExitStack() as stack:
        caches = []
        for _ in range(2):
            server = await stack.enter_async_context(redis_at(url, patience))
            caches.append(a_redis_cache(server, lifetime))
            for key in KEYS:
                await caches[-1].get(key, nothing)
        yield caches[0], caches[1]


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[tuple[RedisCache[bytes], RedisCache[bytes]]]:
    async with processes(redis_url) as pair:
        yield pair


@pytest.fixture
async def mortal(
    own_redis_server: RedisServer,
) -> AsyncIterator[tuple[RedisCache[bytes], RedisCache[bytes]]]:
    """On a Redis that may be killed."""
    async with processes(own_redis_server.url, patience=PATIENCE) as pair:
        yield pair


Pair = tuple[RedisCache[bytes], RedisCache[bytes]]


@pytest.fixture
def origin() -> Origin:
    origin = Origin()
    origin.may_go_on.set()
    return origin


async def test_what_one_has_loaded_the_other_need_not(pair: Pair, origin: Origin) -> None:
    for cache in pair * 2:
        assert await cache.get("lamp", origin) == b"old"
    assert origin.loads == 1


async def test_what_is_asked_for_the_first_time_is_not_looked_for(
    pair: Pair, redis_url: str, origin: Origin
) -> None:
    await pair[0].get("chair", origin)
    async with Redis.from_url(redis_url) as redis:
        assert await redis.keys() == []
    await pair[0].get("chair", origin)
    async with Redis.from_url(redis_url) as redis:
        assert await redis.keys() == [b"tessera:cache:chair"]


async def test_what_one_drops_is_dropped_for_both(pair: Pair, origin: Origin) -> None:
    one, other = pair
    for cache in pair:
        await cache.get("lamp", origin)
    origin.value = b"new"
    await one.drop(["lamp"])
    other.forget(["lamp"])
    for cache in pair:
        assert await cache.get("lamp", origin) == b"new"
    assert origin.loads == 2


async def test_what_another_began_to_load_before_a_drop_is_not_kept(pair: Pair) -> None:
    one, other = pair
    slow = Origin()
    early = asyncio.create_task(other.get("lamp", slow))
    await slow.began.wait()
    slow.value = b"new"
    await one.drop(["lamp"])
    slow.may_go_on.set()
    assert await early == b"old"

    assert await one.get("lamp", slow) == b"new"


async def test_of_many_in_several_processes_one_loads(pair: Pair) -> None:
    slow = Origin()
    asking = [asyncio.create_task(cache.get("lamp", slow)) for cache in pair for _ in range(200)]
    await slow.began.wait()
    slow.may_go_on.set()

    assert await asyncio.gather(*asking) == [b"old"] * 400
    assert slow.loads == 1


async def test_nobody_waits_for_another_for_ever(pair: Pair, origin: Origin) -> None:
    one, other = pair
    stuck = asyncio.create_task(one.get("lamp", slow := Origin()))
    await slow.began.wait()

    assert await asyncio.wait_for(other.get("lamp", origin), 2) == b"old"
    slow.may_go_on.set()
    await stuck


async def test_nobody_waits_for_what_has_failed(pair: Pair, redis_url: str, origin: Origin) -> None:
    one, _ = pair
    origin.failure = NotFound("There is no lamp.")
    with pytest.raises(NotFound):
        await one.get("lamp", origin)
    async with Redis.from_url(redis_url) as redis:
        assert await redis.keys() == []


async def test_nothing_is_older_than_it_may_be_by_way_of_another(redis_url: str) -> None:
    loads = asked = 0

    async def moment() -> bytes:
        nonlocal loads
        loads += 1
        began_at = time.monotonic()
        await asyncio.sleep(SHORT / 4)
        return str(began_at).encode()

    async with processes(redis_url, lifetime=SHORT) as pair:
        for cache in pair:
            await cache.get("lamp", moment)
        loads = 0
        while loads < 6:
            for cache in pair:
                asked += 1
                asked_at = time.monotonic()
                assert asked_at - float(await cache.get("lamp", moment)) <= SHORT + TICK
    assert asked > 2 * loads


async def ask(cache: RedisCache[bytes], origin: Origin, times: int) -> float:
    """Ask anew as many times; answer how many seconds that took."""
    began = time.monotonic()
    for _ in range(times):
        cache.forget(["lamp"])
        assert await cache.get("lamp", origin) == origin.value
    return time.monotonic() - began


@pytest.mark.parametrize("how", ["kill", "freeze"])
async def test_without_redis_it_is_read_where_it_is_and_waited_for_once(
    mortal: Pair, own_redis_server: RedisServer, origin: Origin, how: str
) -> None:
    one, _ = mortal
    await one.get("lamp", origin)
    (own_redis_server.kill if how == "kill" else own_redis_server.freeze)()

    took = await ask(one, origin, 200)
    # Once a second somebody finds out whether it is back.
    assert took <= (1 + took / LEFT_ALONE) * 2 * PATIENCE + 2
    assert origin.loads == 201


async def test_the_log_tells_once_that_it_is_away_and_once_that_it_is_back(
    mortal: Pair,
    own_redis_server: RedisServer,
    origin: Origin,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="adapters.redis.server")
    one, _ = mortal

    async def has_told(lines: int) -> bool:
        await ask(one, origin, 10)
        return len(caplog.messages) >= lines

    for lines in (1, 3):
        own_redis_server.kill()
        await until(partial(has_told, lines), 10)
        await ask(one, origin, 50)
        own_redis_server.start()
        await until(partial(has_told, lines + 1), 10)
    told = [text.partition(":")[0] for text in caplog.messages]
    assert told == ["nothing is shared by Redis"] * 4
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"] * 2


async def test_what_could_not_be_dropped_there_is_not_believed(
    mortal: Pair, own_redis_server: RedisServer, origin: Origin
) -> None:
    one, other = mortal
    await one.get("lamp", origin)
    origin.value = b"new"
    own_redis_server.freeze()
    began = time.monotonic()
    await one.drop(["lamp"])
    await one.drop(["desk"])
    assert time.monotonic() - began < LEFT_ALONE
    own_redis_server.thaw()

    async def is_shared_again() -> bool:
        for cache in (one, other):
            cache.forget(["chair"])
            await cache.get("chair", origin)
        loads = origin.loads
        one.forget(["chair"])
        await one.get("chair", origin)
        return origin.loads == loads

    await until(is_shared_again, 10)
    assert await one.get("lamp", origin) == b"new"


async def test_who_goes_away_while_dropping_leaves_nothing_to_be_believed(
    mortal: Pair, own_redis_server: RedisServer, origin: Origin
) -> None:
    one, _ = mortal
    await one.get("lamp", origin)
    origin.value = b"new"
    own_redis_server.freeze()
    dropping = asyncio.create_task(one.drop(["lamp"]))
    await asyncio.sleep(0)
    dropping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dropping
    own_redis_server.thaw()

    assert await one.get("lamp", origin) == b"new"


async def test_what_is_left_behind_is_remembered_only_while_it_matters(
    own_redis_server: RedisServer,
) -> None:
    async with processes(own_redis_server.url, lifetime=SHORT, patience=PATIENCE) as (one, _):
        own_redis_server.kill()
        began = time.monotonic()
        number = 0
        while time.monotonic() < began + 5 * SHORT:
            number += 1
            await one.drop([f"lamp {number}"])
        async with asyncio.timeout(10):
            await one.drop(["lamp"])
            while len(one._left_behind) > 1:
                await asyncio.sleep(SHORT / 4)
                await one.drop(["lamp"])


async def test_a_redis_that_lets_nobody_in_is_told_of_without_its_password(
    own_redis_server: RedisServer, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    url = own_redis_server.url.replace("//", "//ann:hunter2@")
    async with redis_at(url, PATIENCE) as server:
        cache = a_redis_cache(server, LONG)
        for _ in range(3):
            assert await cache.get("lamp", origin) == b"old"
        assert await server.check() == "Redis does not answer: AuthenticationError"
        assert "hunter2" not in repr(server) + repr(cache) + caplog.text
    assert len(caplog.messages) == 1
