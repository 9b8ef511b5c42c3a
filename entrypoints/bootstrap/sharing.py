"""What several processes share if there is a Redis, and each has for itself if there is none."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import attrs

from adapters.cache.items import CachedItemReader, item_as_bytes, item_of_bytes
from adapters.memory.cache import InProcessCache
from adapters.postgres.committed_events import Kept, NothingKept
from application.cache import Cache
from application.clock import NewId
from application.items.ports import ItemReader
from application.items.views import ItemView
from entrypoints.settings.schema import Settings


class Spare(Protocol):
    """Something that the service can do without."""

    async def check(self) -> str:
        """`ok`, or what is wrong with it; no secrets."""
        ...


@attrs.frozen(kw_only=True)
class Shared:
    items: InProcessCache[ItemView]
    spares: Mapping[str, Spare]


@asynccontextmanager
async def shared(settings: Settings, new_id: NewId) -> AsyncIterator[Shared]:
    """Redis is not waited for."""
    lifetime = settings.item_cache_seconds
    if settings.redis_url is None:
        yield Shared(items=InProcessCache(lifetime), spares={})
        return
    # Imported late: most services have none, and it takes a while to import.
    from adapters.redis.cache import RedisCache  # noqa: PLC0415 - see above
    from adapters.redis.server import redis_at  # noqa: PLC0415 - see above

    async with redis_at(settings.redis_url, settings.redis_timeout) as server:
        items = RedisCache(
            lifetime=lifetime,
            server=server,
            encode=item_as_bytes,
            decode=item_of_bytes,
            new_id=new_id,
        )
        yield Shared(items=items, spares={"redis": server})


def kept_items(
    settings: Settings, reader: ItemReader, cache: Cache[ItemView]
) -> tuple[ItemReader, Kept]:
    """The reader to show items by, and whom to tell that some have changed."""
    if not settings.item_cache_seconds:
        return reader, NothingKept()
    cached = CachedItemReader(reader, cache)
    return cached, cached
