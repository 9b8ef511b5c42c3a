"""Asking a list for what a filter chooses."""

from tests.books import BookFilter, Books
from tests.contracts.windows import a_window


async def chosen(books: Books, chosen_by: BookFilter) -> list[str]:
    """Titles, by the page, which must agree with its own count and with the stream."""
    page = await books.page(chosen_by, a_window("title"))
    streamed = [book.title async for book in books.stream(chosen_by)]
    titles = [book.title for book in page.rows]
    assert sorted(streamed) == titles
    assert page.total == len(titles)
    assert not page.has_more
    return titles
