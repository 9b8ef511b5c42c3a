"""What several processes share if there is a Redis, and each has for itself if there is none."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol, TypeVar

import attrs

from adapters.memory.cache import InProcessCache
from adapters.postgres.committed_events import Kept
from application.clock import NewId
from entrypoints.bootstrap.watching import CacheUse
from entrypoints.settings.schema import Settings

Value = TypeVar("Value")


class Spare(Protocol):
    """Something that the service can do without."""

    async def check(self) -> str:
        """`ok`, or what is wrong with it; no secrets."""
        ...


class NewCache(Protocol):
    def __call__(
        self,
        *,
        lifetime: float,
        encode: Callable[[Value], bytes],
        decode: Callable[[bytes], Value],
    ) -> InProcessCache[Value]: ...


@attrs.frozen
class Shared:
    _new_cache: NewCache
    spares: Mapping[str, Spare] = attrs.field(factory=dict)
    caches: dict[str, CacheUse] = attrs.field(factory=dict, init=False)
    """Those that there are, by name."""
    kept: list[Kept] = attrs.field(factory=list, init=False)
    """What is in them, for those who know what has changed."""

    def cache(
        self,
        name: str,
        *,
        lifetime: float,
        encode: Callable[[Value], bytes],
        decode: Callable[[bytes], Value],
    ) -> InProcessCache[Value]:
        """A new one; nothing is in it for more seconds than its lifetime."""
        cache = self._new_cache(lifetime=lifetime, encode=encode, decode=decode)
        self.caches[name] = cache
        return cache


@asynccontextmanager
async def shared(settings: Settings, new_id: NewId) -> AsyncIterator[Shared]:
    """Redis is not waited for."""
    if settings.redis_url is None:
        yield Shared(_cache_in_process)
        return
    # Imported late: most services have none, and it takes a while to import.
    from adapters.redis.cache import RedisCache  # noqa: PLC0415 - see above
    from adapters.redis.server import redis_at  # noqa: PLC0415 - see above

    async with redis_at(settings.redis_url, settings.redis_timeout) as server:
        new_cache = partial(RedisCache, server=server, new_id=new_id)
        yield Shared(new_cache, {"redis": server})


def _cache_in_process(
    *, lifetime: float, encode: Callable[[Value], bytes], decode: Callable[[bytes], Value]
) -> InProcessCache[Value]:
    del encode, decode
    return InProcessCache(lifetime)
