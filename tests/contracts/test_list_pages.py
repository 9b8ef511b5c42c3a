"""Pages of any list: by offset and by key, in any order, while others come and go."""

import random
from datetime import timedelta
from operator import attrgetter

import pytest

from application.paging import RANKED_AT_MOST, Slice, Window
from tests.builders import CREATED
from tests.contracts.windows import a_window, position_of, walk
from tests.exhibits import Exhibit, ExhibitFilter, Exhibits

HOUR = timedelta(hours=1)


def twelve_exhibits() -> list[Exhibit]:
    """Of which many share a title, a kind or a moment."""
    return [
        Exhibit(
            title=["lamp", "Lamp", "Ähre", "lamp 2"][number % 4],
            kind=["vase", "coin", "map"][number % 3],
            created_at=CREATED + HOUR * (number % 2),
        )
        for number in range(12)
    ]


def in_order(exhibits: list[Exhibit], sort: str) -> list[Exhibit]:
    """Sorted key by key, the least significant first; text by code point."""
    keys = sort.split(",")
    ordered = sorted(exhibits, key=attrgetter("id"), reverse=keys[-1].startswith("-"))
    for key in reversed(keys):
        ordered.sort(key=attrgetter(key.removeprefix("-")), reverse=key.startswith("-"))
    return ordered


@pytest.mark.parametrize(
    "sort",
    [
        "created_at",
        "-created_at",
        "title",
        "-title",
        "kind",
        "title,created_at",
        "-title,-created_at",
        "title,-created_at",
        "-kind,title,-created_at",
        "created_at,-title",
    ],
)
async def test_pages(exhibits: Exhibits, sort: str) -> None:
    twelve = twelve_exhibits()
    await exhibits.add(*twelve)

    async def page(window: Window) -> Slice[Exhibit]:
        return await exhibits.page(ExhibitFilter(), window)

    expected = in_order(twelve, sort)
    for limit in (1, 5, 6, 12, 13):
        walked = await walk(page, sort, limit=limit)
        assert [exhibit for rows in walked for exhibit in rows] == expected
        assert all(len(rows) == limit for rows in walked[:-1])
        assert len(walked[-1]) <= limit
    for skip in (0, 5, 7, 11, 12, 100):
        skipped = await page(a_window(sort, skip=skip, limit=5))
        assert list(skipped.rows) == expected[skip : skip + 5]
        assert skipped.total == 12
        assert skipped.has_more == (skip + 5 < 12)


async def test_text_sorts_by_code_point(exhibits: Exhibits) -> None:
    titles = ["a", "B", "é", "e\u0301", "Z", "10", "9", "_", "-a", "💡", "ﬀ", "a b", "ab", "ß"]
    await exhibits.add(*(Exhibit(title=title) for title in titles))

    page = await exhibits.page(ExhibitFilter(), a_window("title"))

    assert [exhibit.title for exhibit in page.rows] == sorted(titles)


async def test_a_page_by_key_starts_behind_a_row_that_is_gone(exhibits: Exhibits) -> None:
    four = [Exhibit(title="Lamp") for _ in range(4)]
    await exhibits.add(*four)
    await exhibits.remove(four[1])

    after = position_of(four[1], "title")
    page = await exhibits.page(
        ExhibitFilter(), a_window("title", after=after, with_total=False, limit=1)
    )

    assert list(page.rows) == [four[2]]
    assert page.has_more
    assert page.total is None


async def test_a_position_need_not_be_that_of_a_row(exhibits: Exhibits) -> None:
    await exhibits.add(*(Exhibit(title=title) for title in ("a", "c")))
    after = position_of(Exhibit(title="b"), "title")

    page = await exhibits.page(ExhibitFilter(), a_window("title", after=after, with_total=False))

    assert [exhibit.title for exhibit in page.rows] == ["c"]


@pytest.mark.parametrize("others", [0, RANKED_AT_MOST])
async def test_a_page_by_key_is_filtered_too(exhibits: Exhibits, others: int) -> None:
    """Also where a filter chooses so many that the order is walked along."""
    twelve = twelve_exhibits()
    await exhibits.add(*twelve, *(Exhibit(title="lamp z", kind="map") for _ in range(others)))
    chosen = ExhibitFilter(kind="map", q="lamp")

    async def page(window: Window) -> Slice[Exhibit]:
        return await exhibits.page(chosen, window)

    expected = [exhibit for exhibit in twelve if exhibit.kind == "map" and exhibit.title != "Ähre"]
    first = await page(a_window("title,-created_at", limit=2))
    assert list(first.rows) == in_order(expected, "title,-created_at")[:2]
    assert first.total == len(expected) + others
    assert first.next is not None
    window = a_window("title,-created_at", limit=2, after=first.next, with_total=False)
    rest = await page(window)
    assert list(rest.rows)[:1] == in_order(expected, "title,-created_at")[2:3]


@pytest.mark.parametrize("sort", ["created_at", "-title", "kind,-created_at", "-rank"])
@pytest.mark.parametrize("seed", range(3))
async def test_what_stays_is_shown_once(exhibits: Exhibits, sort: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - so that a failure can be repeated

    def any_exhibit() -> Exhibit:
        return Exhibit(
            title=chance.choice(("lamp", "lamps", "Lamp lamp", "desk lamp")),
            kind=chance.choice(("vase", "coin", "map")),
            created_at=CREATED + HOUR * chance.randrange(4),
        )

    staying = [any_exhibit() for _ in range(30)]
    await exhibits.add(*staying)
    shown: list[object] = []
    window = a_window(sort, limit=4)
    while True:
        page = await exhibits.page(ExhibitFilter(q="lamp"), window)
        shown += [exhibit.id for exhibit in page.rows]
        if page.next is None:
            break
        window = a_window(
            ",".join(map(str, page.next.sort)), limit=4, after=page.next, with_total=False
        )
        await exhibits.add(any_exhibit())
        await exhibits.remove(gone := chance.choice(staying))
        staying.remove(gone)

    assert len(shown) == len(set(shown))
    assert {exhibit.id for exhibit in staying} <= set(shown)
