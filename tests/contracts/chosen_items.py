"""Asking a reader of items for what a filter chooses."""

from application.items.listing import ItemFilter
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window


async def chosen(storage: Storage, items: ItemFilter) -> list[str]:
    """Titles, by the page, which must agree with its own count and with the stream."""
    page = await storage.items.page(items, a_window("title"))
    streamed = [item.title async for item in storage.items.stream(items)]
    titles = [item.title for item in page.rows]
    assert sorted(streamed) == titles
    assert page.total == len(titles)
    assert not page.has_more
    return titles
