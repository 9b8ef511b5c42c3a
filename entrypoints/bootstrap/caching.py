"""What is kept of reads, as the settings say."""

from adapters.cache.items import CachedItemReader
from adapters.memory.cache import InProcessCache
from adapters.postgres.item_events import KeptItems, NothingKept
from application.items.ports import ItemReader
from entrypoints.settings.schema import Settings


def kept_items(settings: Settings, reader: ItemReader) -> tuple[ItemReader, KeptItems]:
    """The reader to show items by, and whom to tell that some have changed."""
    if not settings.item_cache_seconds:
        return reader, NothingKept()
    cached = CachedItemReader(reader, InProcessCache(settings.item_cache_seconds))
    return cached, cached
