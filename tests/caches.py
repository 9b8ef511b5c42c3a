"""What caches keep in tests, and where that is loaded from."""

import asyncio

import attrs

from adapters.redis.cache import RedisCache
from adapters.redis.server import RedisServer
from tests.builders import new_id


@attrs.define(eq=False)
class Origin:
    """Gives what was there when a load began, once it is let go on."""

    value: bytes = b"old"
    failure: Exception | None = None
    loads: int = 0
    may_go_on: asyncio.Event = attrs.field(factory=asyncio.Event)
    began: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def __call__(self) -> bytes:
        self.loads += 1
        value = self.value
        self.began.set()
        await self.may_go_on.wait()
        if self.failure is not None:
            raise self.failure
        return value


async def nothing() -> bytes:
    return b""


def a_redis_cache(server: RedisServer, lifetime: float) -> RedisCache[bytes]:
    return RedisCache(lifetime=lifetime, server=server, encode=bytes, decode=bytes, new_id=new_id)
