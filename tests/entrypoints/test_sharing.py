"""Caches are shared where there is a Redis, and each is known by its name."""

import pytest

from adapters.security.identifiers import Uuid7Factory
from application.cache import Cache
from entrypoints.bootstrap.sharing import Shared, shared
from entrypoints.settings.schema import Settings

LONG = 60.0


def words_of(by_all: Shared) -> Cache[str]:
    return by_all.cache("words", lifetime=LONG, encode=str.encode, decode=bytes.decode)


async def asked(cache: Cache[str], answer: str) -> str:
    """What is shown for the same thing, after it was asked for often enough to be kept."""

    async def load() -> str:
        return answer

    return [await cache.get("greeting", load) for _ in range(3)][-1]


@pytest.mark.parametrize(("with_redis", "shown_to_the_other"), [(True, "hello"), (False, "hi")])
async def test_what_one_process_has_read_another_is_shown_by_way_of_redis(
    settings: Settings, redis_url: str, *, with_redis: bool, shown_to_the_other: str
) -> None:
    chosen = settings.model_copy(update={"redis_url": redis_url if with_redis else None})
    new_id = Uuid7Factory()
    async with shared(chosen, new_id) as one, shared(chosen, new_id) as other:
        assert await asked(words_of(one), "hello") == "hello"
        assert await asked(words_of(other), "hi") == shown_to_the_other

        assert [*one.spares] == (["redis"] if with_redis else [])


async def test_how_often_something_was_found_is_told_by_the_name_of_the_cache(
    settings: Settings,
) -> None:
    async with shared(settings, Uuid7Factory()) as by_all:
        await asked(words_of(by_all), "hello")

        assert {name: (each.hits, each.misses) for name, each in by_all.caches.items()} == {
            "words": (1, 2)
        }
