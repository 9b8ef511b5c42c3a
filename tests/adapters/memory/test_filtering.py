"""Filters choose of rows in memory what a database would."""

from typing import Annotated

import attrs

from adapters.memory.filtering import is_chosen_by, rank_by
from application.filtering import AtLeast, Before, Filter


@attrs.frozen(kw_only=True)
class _Book:
    title: str = ""
    about: str | None = None
    pages: int | None = None


@attrs.frozen(kw_only=True)
class _BookFilter(Filter):
    pages_from: Annotated[int | None, AtLeast("pages")] = None
    pages_to: Annotated[int | None, Before("pages")] = None


def chosen(chosen_by: _BookFilter) -> list[int | None]:
    books = [_Book(pages=pages) for pages in (None, 1, 2, 3)]
    return [book.pages for book in books if is_chosen_by(chosen_by)(book)]


def test_a_range_has_its_beginning_and_not_its_end() -> None:
    assert chosen(_BookFilter(pages_from=1, pages_to=3)) == [1, 2]


def test_what_has_no_value_is_in_no_range() -> None:
    assert chosen(_BookFilter(pages_from=1)) == [1, 2, 3]
    assert chosen(_BookFilter(pages_to=3)) == [1, 2]
    assert chosen(_BookFilter()) == [None, 1, 2, 3]


def test_words_rank_by_where_they_are_and_whether_they_are_whole() -> None:
    rank = rank_by("lamp", "title", "about")

    ranked = [
        rank(_Book(title="Lamp")),
        rank(_Book(title="Lamps")),
        rank(_Book(about="lamp")),
        rank(_Book(about="lamps")),
        rank(_Book(title="Desk")),
    ]
    assert ranked == sorted(ranked, reverse=True)
    assert len(set(ranked)) == len(ranked)
    assert ranked[-1] == 0
