"""Any list, looked through for words."""

from datetime import timedelta

import pytest

from application.paging import RANKED_AT_MOST, Slice, Window
from tests.books import Book, BookFilter, Books
from tests.builders import CREATED
from tests.contracts.chosen_books import chosen
from tests.contracts.windows import a_window, walk

TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    "q",
    [
        "lamp",
        "LAMP",
        "la",
        "desk lamp",
        "lamp desk",
        "wa de li",
        "warm",
        "42",
        "été",
        "ÉTÉ",
        "ét",
        "照明",
        "lamp, desk!",
        "lamp & desk",
        "(lamp)",
        "lamp:*",
        "'lamp'",
        "lamp\\",
        "lamp\0",
        "\ud800",
        "",
        "  ",
    ],
)
async def test_search_finds_the_beginnings_of_words(books: Books, q: str) -> None:
    await books.add(Book(title="Desk Lamp 42", about="Warm light d' Été 照明"))

    assert await chosen(books, BookFilter(q=q)) == ["Desk Lamp 42"]


@pytest.mark.parametrize(
    "q",
    ["amp", "lamps", "desk chair", "lamp chair", "4 2 1", "ete", "null"],
)
async def test_search_wants_every_word(books: Books, q: str) -> None:
    await books.add(
        Book(title="Desk Lamp 42", about="Warm light d' Été 照明"),
        Book(title="Other", about=None),
    )

    assert await chosen(books, BookFilter(q=q)) == []


@pytest.mark.parametrize("q", ["&", "|", "!", "!lamp", "<->", "lamp | chair", "*", ":*", "((", "'"])
async def test_search_takes_no_orders(books: Books, q: str) -> None:
    await books.add(Book(title="Chair"))

    assert await chosen(books, BookFilter(q=f"chair {q}")) in ([], ["Chair"])


async def found(books: Books, q: str, *, limit: int = 100) -> list[str]:
    """Titles, the best match first."""

    async def page(window: Window) -> Slice[Book]:
        return await books.page(BookFilter(q=q), window)

    return [book.title for rows in await walk(page, "-rank", limit=limit) for book in rows]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_the_best_match_comes_first(books: Books, limit: int) -> None:
    await books.add(
        Book(title="Desk", about="by a lamplight"),
        Book(title="Lamp"),
        Book(title="Chair", about="by a lamp"),
        Book(title="Lampshade"),
        Book(title="Other"),
    )

    assert await found(books, "lamp", limit=limit) == ["Lamp", "Lampshade", "Chair", "Desk"]


async def test_of_equal_matches_the_newest_come_first(books: Books) -> None:
    lamps = [Book(title="Lamp") for _ in range(7)]
    await books.add(*lamps)

    async def page(window: Window) -> Slice[Book]:
        return await books.page(BookFilter(q="lamp"), window)

    walked = await walk(page, "-rank", limit=2)

    newest_first = sorted((book.id for book in lamps), reverse=True)
    assert [book.id for rows in walked for book in rows] == newest_first


async def test_ranked_pages_stay_right_while_rows_come_and_go(books: Books) -> None:
    lamps = [Book(title=title) for title in ("Lamp", "Lamps", "Lamps 2")]
    await books.add(*lamps)
    first = await books.page(BookFilter(q="lamp"), a_window("-rank", limit=1))
    assert (first.total, first.rows[0].title) == (3, "Lamp")
    assert first.next is not None
    await books.remove(lamps[0])
    await books.add(Book(title="Lamp"))

    window = a_window("-rank", after=first.next, with_total=False)
    rest = await books.page(BookFilter(q="lamp"), window)

    assert {book.title for book in rest.rows if book.title != "Lamp"} == {"Lamps", "Lamps 2"}


async def test_a_crowd_of_matches_is_not_ranked(books: Books) -> None:
    count = RANKED_AT_MOST + 1
    lamps = [
        Book(title="Lamp", created_at=CREATED + TICK * (number % 7)) for number in range(count)
    ]
    await books.add(*lamps)

    page = await books.page(BookFilter(q="lamp"), a_window("-rank", limit=10))

    newest = sorted(lamps, key=lambda book: (book.created_at, book.id), reverse=True)
    assert [book.id for book in page.rows] == [book.id for book in newest[:10]]
    assert page.total == count
    assert page.next is not None
    assert [str(key) for key in page.next.sort] == ["-created_at"]
