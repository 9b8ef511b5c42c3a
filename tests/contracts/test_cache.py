"""What was read lately is not read again, and never shown once it has been dropped."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from adapters.memory.cache import InProcessCache
from adapters.redis.server import redis_at
from application.cache import Cache
from domain.errors import NotFound
from tests.caches import Origin, a_redis_cache, nothing

LONG = 60.0
SHORT = 0.2
# Redis counts in whole milliseconds.
TICK = 0.002
MakeCache = Callable[[float], Cache[bytes]]


@pytest.fixture(params=["memory", "redis"])
async def make_cache(request: pytest.FixtureRequest) -> AsyncIterator[MakeCache]:
    if request.param == "memory":
        yield InProcessCache
        return
    async with redis_at(request.getfixturevalue("redis_url"), patience=5) as server:
        yield lambda lifetime: a_redis_cache(server, lifetime)


@pytest.fixture
async def cache(make_cache: MakeCache) -> Cache[bytes]:
    """Things that were asked for once, so that they are kept from now on."""
    cache = make_cache(LONG)
    for key in ("lamp", "desk"):
        await cache.get(key, nothing)
    return cache


@pytest.fixture
def origin() -> Origin:
    origin = Origin()
    origin.may_go_on.set()
    return origin


@pytest.fixture
def slow() -> Origin:
    return Origin()


@pytest.mark.parametrize("value", [b"", b"{}", b"=", b"?claim", b"\x00\xff", b"x" * 100_000])
async def test_loads_once_and_gives_it_as_it_was(
    cache: Cache[bytes], origin: Origin, value: bytes
) -> None:
    origin.value = value
    assert [await cache.get("lamp", origin) for _ in range(3)] == [value] * 3
    assert origin.loads == 1


async def test_what_is_asked_for_once_need_not_be_kept(cache: Cache[bytes], origin: Origin) -> None:
    for _ in range(5):
        assert await cache.get("chair", origin) == b"old"
    assert origin.loads <= 2


async def test_each_key_is_loaded_by_itself(cache: Cache[bytes]) -> None:
    async def lamp() -> bytes:
        return b"lamp"

    async def desk() -> bytes:
        return b"desk"

    for _ in range(2):
        assert await cache.get("lamp", lamp) == b"lamp"
        assert await cache.get("desk", desk) == b"desk"


async def test_gives_nothing_older_than_it_may_be(make_cache: MakeCache) -> None:
    cache = make_cache(SHORT)
    loads = asked = 0

    async def moment() -> bytes:
        nonlocal loads
        loads += 1
        began_at = time.monotonic()
        # What takes long to load is the older for it.
        await asyncio.sleep(SHORT / 4)
        return str(began_at).encode()

    while loads < 5:
        asked += 1
        asked_at = time.monotonic()
        assert asked_at - float(await cache.get("lamp", moment)) <= SHORT + TICK
    assert asked > loads


async def test_what_was_dropped_is_loaded_anew(cache: Cache[bytes], origin: Origin) -> None:
    await cache.get("lamp", origin)
    await cache.get("desk", origin)
    origin.value = b"new"
    await cache.drop(["lamp", "unheard of"])

    assert await cache.get("lamp", origin) == b"new"
    assert await cache.get("desk", origin) == b"old"


async def test_nothing_need_be_dropped(cache: Cache[bytes], origin: Origin) -> None:
    await cache.get("lamp", origin)
    await cache.drop([])
    cache.forget([])
    await cache.get("lamp", origin)
    assert origin.loads == 1


async def test_what_somebody_else_drops_is_forgotten_here(
    cache: Cache[bytes], origin: Origin
) -> None:
    await cache.get("lamp", origin)
    origin.value = b"new"
    await cache.drop(["lamp"])
    cache.forget(["lamp"])
    assert await cache.get("lamp", origin) == b"new"


async def test_a_load_that_began_before_a_drop_is_not_kept(
    cache: Cache[bytes], slow: Origin
) -> None:
    early = asyncio.create_task(cache.get("lamp", slow))
    await slow.began.wait()
    slow.value = b"new"
    await cache.drop(["lamp"])
    slow.may_go_on.set()
    await early

    assert await cache.get("lamp", slow) == b"new"


async def test_who_comes_after_a_drop_joins_no_load_from_before_it(
    cache: Cache[bytes], slow: Origin
) -> None:
    early = asyncio.create_task(cache.get("lamp", slow))
    await slow.began.wait()
    slow.value = b"new"
    await cache.drop(["lamp"])
    slow.began.clear()
    late = asyncio.create_task(cache.get("lamp", slow))
    await slow.began.wait()
    slow.may_go_on.set()

    assert await late == b"new"
    await early
    assert await cache.get("lamp", slow) == b"new"
    assert slow.loads == 2


async def test_of_many_who_ask_at_once_one_loads(cache: Cache[bytes], slow: Origin) -> None:
    asking = [asyncio.create_task(cache.get("lamp", slow)) for _ in range(200)]
    await slow.began.wait()
    slow.may_go_on.set()

    assert await asyncio.gather(*asking) == [b"old"] * 200
    assert slow.loads == 1


async def test_a_failure_fails_all_who_wait_and_no_one_after_them(
    cache: Cache[bytes], slow: Origin
) -> None:
    slow.failure = NotFound("There is no lamp.")
    asking = [asyncio.create_task(cache.get("lamp", slow)) for _ in range(20)]
    await slow.began.wait()
    slow.may_go_on.set()

    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {NotFound}
    assert slow.loads == 1
    slow.failure = None
    assert await cache.get("lamp", slow) == b"old"


async def test_who_goes_away_while_loading_leaves_it_to_those_who_wait(
    cache: Cache[bytes], slow: Origin
) -> None:
    first = asyncio.create_task(cache.get("lamp", slow))
    await slow.began.wait()
    others = [asyncio.create_task(cache.get("lamp", slow)) for _ in range(5)]
    await asyncio.sleep(0)
    slow.may_go_on.set()
    first.cancel()

    assert await asyncio.gather(*others) == [b"old"] * 5
    assert first.cancelled()
    assert slow.loads == 2


async def test_who_goes_away_while_waiting_takes_nobody_along(
    cache: Cache[bytes], slow: Origin
) -> None:
    first = asyncio.create_task(cache.get("lamp", slow))
    await slow.began.wait()
    other = asyncio.create_task(cache.get("lamp", slow))
    await asyncio.sleep(0)
    other.cancel()
    slow.may_go_on.set()

    assert await first == b"old"
    assert slow.loads == 1
