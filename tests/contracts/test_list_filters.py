"""What filters choose of any list."""

import pytest

from domain.text import Json
from tests.books import Book, BookFilter, Books
from tests.contracts.chosen_books import chosen


@pytest.mark.parametrize(
    ("chosen_by", "titles"),
    [
        (BookFilter(), ["Desk", "Lamp", "Lamps"]),
        (BookFilter(kind="guide"), ["Lamp"]),
        (BookFilter(kind="Guide"), []),
        (BookFilter(kind="guide\0"), []),
        (BookFilter(pages_from=100), ["Lamp", "Lamps"]),
        (BookFilter(pages_from=101), ["Lamps"]),
        (BookFilter(pages_to=200), ["Lamp"]),
        (BookFilter(pages_to=100), []),
        (BookFilter(described=True), ["Desk", "Lamp"]),
        (BookFilter(described=False), ["Lamps"]),
        (BookFilter(part="AMPS"), ["Lamps"]),
        (BookFilter(part="of WOOD"), ["Desk"]),
        (BookFilter(part="100%"), ["Lamp"]),
        (BookFilter(part="1_0"), []),
        (BookFilter(part="\\"), []),
        (BookFilter(q="lamp", kind="guide", pages_from=1, facts={"new": True}), ["Lamp"]),
        (BookFilter(q="lamp", kind="guide", pages_from=1, facts={"new": False}), []),
    ],
)
async def test_each_compares_in_its_own_way(
    books: Books, chosen_by: BookFilter, titles: list[str]
) -> None:
    await books.add(
        Book(title="Desk", about="One of wood"),
        Book(title="Lamp", about="100% brass", kind="guide", pages=100, facts={"new": True}),
        Book(title="Lamps", pages=200),
    )

    assert await chosen(books, chosen_by) == titles


FACTS: dict[str, Json] = {
    "colour": "green",
    "count": 1,
    "ratio": 2.5,
    "on": True,
    "none": None,
    "tags": ["a", "b", ["c", "d"], {"e": 1, "f": 2}],
    "size": {"width": 1, "deep": {"height": 2, "unit": "cm"}},
}


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"colour": "green"},
        {"count": 1, "on": True},
        {"count": 1.0},
        {"ratio": 2.5},
        {"none": None},
        {"tags": []},
        {"tags": ["b"]},
        {"tags": ["b", "a", "b"]},
        {"tags": [["d"]]},
        {"tags": [{"f": 2}]},
        {"size": {}},
        {"size": {"deep": {"unit": "cm"}}},
        FACTS,
    ],
    ids=repr,
)
async def test_facts_contain_their_parts(books: Books, part: dict[str, Json]) -> None:
    await books.add(Book(title="Lamp", facts=FACTS))

    assert await chosen(books, BookFilter(facts=part)) == ["Lamp"]


@pytest.mark.parametrize(
    "part",
    [
        {"colour": "red"},
        {"colour": "Green"},
        {"colour": None},
        {"colour": ["green"]},
        {"colour": {}},
        {"count": True},
        {"count": "1"},
        {"on": 1},
        {"none": False},
        {"absent": None},
        {"tags": "a"},
        {"tags": ["c"]},
        {"tags": [["c", "e"]]},
        {"tags": [{"e": 1, "f": 1}]},
        {"tags": {}},
        {"size": {"width": 1, "height": 2}},
        {"size": []},
        {"deep": {"unit": "cm"}},
        {"colour": "green\0"},
        {"\0": 1},
        {"colour": "\ud800"},
    ],
    ids=repr,
)
async def test_facts_contain_nothing_else(books: Books, part: dict[str, Json]) -> None:
    await books.add(Book(title="Lamp", facts=FACTS))

    assert await chosen(books, BookFilter(facts=part)) == []
