"""Items, looked for by their words."""

from datetime import timedelta

import pytest

from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.paging import RANKED_AT_MOST, Slice, Window
from domain.users import User
from tests.builders import CREATED, LATER, a_user
from tests.builders.items import an_item
from tests.contracts.chosen_items import chosen
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, walk

TICK = timedelta(microseconds=1)


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


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
async def test_search_finds_the_beginnings_of_words(storage: Storage, ann: User, q: str) -> None:
    await storage.add(
        an_item(owner_id=ann.id, title="Desk Lamp 42", description="Warm light d' Été 照明")
    )

    assert await chosen(storage, ItemFilter(q=q)) == ["Desk Lamp 42"]


@pytest.mark.parametrize(
    "q",
    ["amp", "lamps", "desk chair", "lamp chair", "4 2 1", "ete", "null"],
)
async def test_search_wants_every_word(storage: Storage, ann: User, q: str) -> None:
    await storage.add(
        an_item(owner_id=ann.id, title="Desk Lamp 42", description="Warm light d' Été 照明"),
        an_item(owner_id=ann.id, title="Other", description=None),
    )

    assert await chosen(storage, ItemFilter(q=q)) == []


@pytest.mark.parametrize("q", ["&", "|", "!", "!lamp", "<->", "lamp | chair", "*", ":*", "((", "'"])
async def test_search_takes_no_orders(storage: Storage, ann: User, q: str) -> None:
    await storage.add(an_item(owner_id=ann.id, title="Chair"))

    assert await chosen(storage, ItemFilter(q=f"chair {q}")) in ([], ["Chair"])


async def found(storage: Storage, q: str, *, limit: int = 100) -> list[str]:
    """Titles, the best match first."""

    async def page(window: Window) -> Slice[ItemView]:
        return await storage.items.page(ItemFilter(q=q), window)

    return [item.title for rows in await walk(page, "-rank", limit=limit) for item in rows]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_the_best_match_comes_first(storage: Storage, ann: User, limit: int) -> None:
    await storage.add(
        an_item(owner_id=ann.id, title="Desk", description="by a lamplight"),
        an_item(owner_id=ann.id, title="Lamp"),
        an_item(owner_id=ann.id, title="Chair", description="by a lamp"),
        an_item(owner_id=ann.id, title="Lampshade"),
        an_item(owner_id=ann.id, title="Other"),
    )

    assert await found(storage, "lamp", limit=limit) == ["Lamp", "Lampshade", "Chair", "Desk"]


async def test_of_equal_matches_the_newest_come_first(storage: Storage, ann: User) -> None:
    items = [an_item(owner_id=ann.id, title="Lamp") for _ in range(7)]
    await storage.add(*items)

    async def page(window: Window) -> Slice[ItemView]:
        return await storage.items.page(ItemFilter(q="lamp"), window)

    walked = await walk(page, "-rank", limit=2)

    newest_first = sorted((item.id for item in items), reverse=True)
    assert [item.id for rows in walked for item in rows] == newest_first


async def test_ranked_pages_stay_right_while_rows_come_and_go(storage: Storage, ann: User) -> None:
    items = [an_item(owner_id=ann.id, title=title) for title in ("Lamp", "Lamps", "Lamps 2")]
    await storage.add(*items)
    first = await storage.items.page(ItemFilter(q="lamp"), a_window("-rank", limit=1))
    assert (first.total, first.rows[0].title) == (3, "Lamp")
    assert first.next is not None
    async with storage.begin() as uow:
        gone = await uow.items.get(items[0].id)
        gone.delete(at=LATER)
        await uow.items.save(gone)
        await uow.commit()
    await storage.add(an_item(owner_id=ann.id, title="Lamp"))

    window = a_window("-rank", after=first.next, with_total=False)
    rest = await storage.items.page(ItemFilter(q="lamp"), window)

    assert {item.title for item in rest.rows if item.title != "Lamp"} == {"Lamps", "Lamps 2"}


async def test_a_crowd_of_matches_is_not_ranked(storage: Storage, ann: User) -> None:
    count = RANKED_AT_MOST + 1
    items = [
        an_item(owner_id=ann.id, title="Lamp", created_at=CREATED + TICK * (number % 7))
        for number in range(count)
    ]
    async with storage.begin() as uow:
        await uow.items.add_many(items)
        await uow.commit()

    page = await storage.items.page(ItemFilter(q="lamp"), a_window("-rank", limit=10))

    newest = sorted(items, key=lambda item: (item.created_at, item.id), reverse=True)
    assert [item.id for item in page.rows] == [item.id for item in newest[:10]]
    assert page.total == count
    assert page.next is not None
    assert [str(key) for key in page.next.sort] == ["-created_at"]
