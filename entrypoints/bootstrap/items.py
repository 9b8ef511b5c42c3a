"""Items as they are shown: from a cache, where they may be a little old."""

from adapters.cache.items import CachedItemReader, item_as_bytes, item_of_bytes
from application.items.ports import ItemReader
from entrypoints.bootstrap.sharing import Shared
from entrypoints.settings.schema import Settings


def kept_items(settings: Settings, reader: ItemReader, by_all: Shared) -> ItemReader:
    """The reader to show items by."""
    lifetime = settings.item_cache_seconds
    cache = by_all.cache("items", lifetime=lifetime, encode=item_as_bytes, decode=item_of_bytes)
    if not lifetime:
        return reader
    cached = CachedItemReader(reader, cache)
    by_all.kept.append(cached)
    return cached
