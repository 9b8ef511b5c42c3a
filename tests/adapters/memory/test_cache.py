"""The cache of one process takes no more memory than it may, and keeps what is worth it."""

import attrs

from adapters.memory.cache import InProcessCache

MOST = 100


@attrs.define
class Hands:
    """Of a clock that is set by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@attrs.define
class Counted:
    loads: int = 0

    async def __call__(self) -> str:
        self.loads += 1
        return "lamp"


async def kept(cache: InProcessCache[str], key: str) -> bool:
    origin = Counted()
    await cache.get(key, origin)
    return origin.loads == 0


async def test_what_was_loaded_the_longest_ago_makes_room() -> None:
    cache: InProcessCache[str] = InProcessCache(lifetime=60, most=MOST)
    for number in range(1000):
        for _ in range(2):
            await cache.get(f"lamp {number}", Counted())

    assert [number for number in range(900, 1000) if not await kept(cache, f"lamp {number}")] == []
    assert not await kept(cache, "lamp 899")


async def test_what_is_asked_for_seldom_is_not_kept() -> None:
    clock = Hands()
    cache: InProcessCache[str] = InProcessCache(lifetime=1, now=clock)
    for _ in range(5):
        clock.now += 1.75
        assert not await kept(cache, "lamp")
    clock.now += 1.25
    assert not await kept(cache, "lamp")
    assert await kept(cache, "lamp")


async def test_what_is_asked_for_all_the_time_is_loaded_once_a_lifetime() -> None:
    clock = Hands()
    cache: InProcessCache[str] = InProcessCache(lifetime=1, now=clock)
    origin = Counted()
    for number in range(1000):
        clock.now = number / 100
        await cache.get("lamp", origin)

    assert origin.loads == 11


async def test_nothing_is_remembered_of_what_nobody_asks_for_any_more() -> None:
    clock = Hands()
    cache: InProcessCache[str] = InProcessCache(lifetime=1, now=clock)
    for number in range(1000):
        clock.now += 0.1
        for _ in range(2):
            await cache.get(f"lamp {number}", Counted())

    assert len(cache._kept) == len(cache._loaded) < 25
