"""Asking a list for what a filter chooses."""

from tests.contracts.windows import a_window
from tests.exhibits import ExhibitFilter, Exhibits


async def chosen(exhibits: Exhibits, chosen_by: ExhibitFilter) -> list[str]:
    """Titles, by the page, which must agree with its own count and with the stream."""
    page = await exhibits.page(chosen_by, a_window("title"))
    streamed = [exhibit.title async for exhibit in exhibits.stream(chosen_by)]
    titles = [exhibit.title for exhibit in page.rows]
    assert sorted(streamed) == titles
    assert page.total == len(titles)
    assert not page.has_more
    return titles
