"""Any list, looked through for words."""

from datetime import timedelta

import pytest

from application.paging import RANKED_AT_MOST, Slice, Window
from tests.builders import CREATED
from tests.contracts.chosen_exhibits import chosen
from tests.contracts.windows import a_window, walk
from tests.exhibits import Exhibit, ExhibitFilter, Exhibits

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
async def test_search_finds_the_beginnings_of_words(exhibits: Exhibits, q: str) -> None:
    await exhibits.add(Exhibit(title="Desk Lamp 42", about="Warm light d' Été 照明"))

    assert await chosen(exhibits, ExhibitFilter(q=q)) == ["Desk Lamp 42"]


@pytest.mark.parametrize(
    "q",
    ["amp", "lamps", "desk chair", "lamp chair", "4 2 1", "ete", "null"],
)
async def test_search_wants_every_word(exhibits: Exhibits, q: str) -> None:
    await exhibits.add(
        Exhibit(title="Desk Lamp 42", about="Warm light d' Été 照明"),
        Exhibit(title="Other", about=None),
    )

    assert await chosen(exhibits, ExhibitFilter(q=q)) == []


@pytest.mark.parametrize("q", ["&", "|", "!", "!lamp", "<->", "lamp | chair", "*", ":*", "((", "'"])
async def test_search_takes_no_orders(exhibits: Exhibits, q: str) -> None:
    await exhibits.add(Exhibit(title="Chair"))

    assert await chosen(exhibits, ExhibitFilter(q=f"chair {q}")) in ([], ["Chair"])


async def found(exhibits: Exhibits, q: str, *, limit: int = 100) -> list[str]:
    """Titles, the best match first."""

    async def page(window: Window) -> Slice[Exhibit]:
        return await exhibits.page(ExhibitFilter(q=q), window)

    return [exhibit.title for rows in await walk(page, "-rank", limit=limit) for exhibit in rows]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_the_best_match_comes_first(exhibits: Exhibits, limit: int) -> None:
    await exhibits.add(
        Exhibit(title="Desk", about="by a lamplight"),
        Exhibit(title="Lamp"),
        Exhibit(title="Chair", about="by a lamp"),
        Exhibit(title="Lampshade"),
        Exhibit(title="Other"),
    )

    assert await found(exhibits, "lamp", limit=limit) == ["Lamp", "Lampshade", "Chair", "Desk"]


async def test_of_equal_matches_the_newest_come_first(exhibits: Exhibits) -> None:
    lamps = [Exhibit(title="Lamp") for _ in range(7)]
    await exhibits.add(*lamps)

    async def page(window: Window) -> Slice[Exhibit]:
        return await exhibits.page(ExhibitFilter(q="lamp"), window)

    walked = await walk(page, "-rank", limit=2)

    newest_first = sorted((exhibit.id for exhibit in lamps), reverse=True)
    assert [exhibit.id for rows in walked for exhibit in rows] == newest_first


async def test_ranked_pages_stay_right_while_rows_come_and_go(exhibits: Exhibits) -> None:
    lamps = [Exhibit(title=title) for title in ("Lamp", "Lamps", "Lamps 2")]
    await exhibits.add(*lamps)
    first = await exhibits.page(ExhibitFilter(q="lamp"), a_window("-rank", limit=1))
    assert (first.total, first.rows[0].title) == (3, "Lamp")
    assert first.next is not None
    await exhibits.remove(lamps[0])
    await exhibits.add(Exhibit(title="Lamp"))

    window = a_window("-rank", after=first.next, with_total=False)
    rest = await exhibits.page(ExhibitFilter(q="lamp"), window)

    assert {exhibit.title for exhibit in rest.rows if exhibit.title != "Lamp"} == {
        "Lamps",
        "Lamps 2",
    }


async def test_a_crowd_of_matches_is_not_ranked(exhibits: Exhibits) -> None:
    count = RANKED_AT_MOST + 1
    lamps = [
        Exhibit(title="Lamp", created_at=CREATED + TICK * (number % 7)) for number in range(count)
    ]
    await exhibits.add(*lamps)

    page = await exhibits.page(ExhibitFilter(q="lamp"), a_window("-rank", limit=10))

    newest = sorted(lamps, key=lambda exhibit: (exhibit.created_at, exhibit.id), reverse=True)
    assert [exhibit.id for exhibit in page.rows] == [exhibit.id for exhibit in newest[:10]]
    assert page.total == count
    assert page.next is not None
    assert [str(key) for key in page.next.sort] == ["-created_at"]
