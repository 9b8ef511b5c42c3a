"""Items, for showing."""

from datetime import timedelta
from operator import attrgetter

import pytest

from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.paging import Slice, Window
from domain.items import Item, ItemNotFound, ItemStatus
from domain.users import User
from tests.builders import CREATED, LATER, UPDATED, a_user
from tests.builders.items import an_item
from tests.contracts.chosen_items import chosen
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, walk

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


async def test_shows_every_field(storage: Storage, ann: User) -> None:
    full = an_item(owner_id=ann.id, version=7)
    bare = an_item(owner_id=ann.id, description=None, attributes={}, status=ItemStatus.DRAFT)
    await storage.add(full, bare)

    assert await storage.items.get(full.id) == ItemView.of(full)
    assert await storage.items.get(bare.id) == ItemView.of(bare)
    assert type((await storage.items.get(full.id)).status) is ItemStatus
    page = await storage.items.page(ItemFilter(), a_window())
    assert list(page.rows) == [ItemView.of(full), ItemView.of(bare)]
    assert {type(item.status) for item in page.rows} == {ItemStatus}
    assert [item async for item in storage.items.stream(ItemFilter())] == list(page.rows)


async def test_what_is_shown_is_not_what_is_stored(storage: Storage, ann: User) -> None:
    await storage.add(lamp := an_item(owner_id=ann.id))

    page = await storage.items.page(ItemFilter(), a_window())
    shown = [await storage.items.get(lamp.id), *page.rows]
    shown += [item async for item in storage.items.stream(ItemFilter())]
    for item in shown:
        item.attributes.clear()

    assert (await storage.items.get(lamp.id)).attributes == lamp.attributes


async def test_the_unknown_and_the_deleted_are_not_shown(storage: Storage, ann: User) -> None:
    await storage.add(gone := an_item(owner_id=ann.id, deleted_at=LATER))

    for item in (gone, an_item()):
        with pytest.raises(ItemNotFound):
            await storage.items.get(item.id)


async def test_filters(storage: Storage, ann: User) -> None:
    await storage.add(bob := a_user())
    await storage.add(
        an_item(owner_id=ann.id, title="Desk", status=ItemStatus.DRAFT),
        an_item(
            owner_id=bob.id,
            title="Lamp",
            status=ItemStatus.ARCHIVED,
            created_at=CREATED + HOUR,
            updated_at=UPDATED + HOUR,
        ),
        an_item(owner_id=bob.id, title="Gone", deleted_at=LATER),
    )

    assert await chosen(storage, ItemFilter()) == ["Desk", "Lamp"]
    assert await chosen(storage, ItemFilter(status=ItemStatus.DRAFT)) == ["Desk"]
    assert await chosen(storage, ItemFilter(status=ItemStatus.ACTIVE)) == []
    assert await chosen(storage, ItemFilter(owner_id=bob.id)) == ["Lamp"]
    assert await chosen(storage, ItemFilter(owner_id=a_user().id)) == []
    assert await chosen(storage, ItemFilter(created_from=CREATED + HOUR)) == ["Lamp"]
    assert await chosen(storage, ItemFilter(created_from=CREATED + HOUR + TICK)) == []
    assert await chosen(storage, ItemFilter(created_to=CREATED + HOUR)) == ["Desk"]
    assert await chosen(storage, ItemFilter(created_to=CREATED)) == []
    assert await chosen(storage, ItemFilter(updated_from=UPDATED + HOUR)) == ["Lamp"]
    assert await chosen(storage, ItemFilter(deleted=True)) == ["Gone"]
    assert await chosen(storage, ItemFilter(deleted=True, owner_id=ann.id)) == []
    everything = ItemFilter(
        q="lamp",
        status=ItemStatus.ARCHIVED,
        owner_id=bob.id,
        created_from=CREATED,
        created_to=LATER,
        updated_from=UPDATED,
        attributes={"colour": "green"},
    )
    assert await chosen(storage, everything) == ["Lamp"]


def lamps(ann: User) -> list[Item]:
    """Twelve, of which many share a title, a status or a moment."""
    statuses = list(ItemStatus)
    return [
        an_item(
            owner_id=ann.id,
            title=["lamp", "Lamp", "Ähre", "lamp 2"][number % 4],
            status=statuses[number % 3],
            created_at=CREATED + HOUR * (number % 2),
            updated_at=LATER - TICK * (number % 5),
        )
        for number in range(12)
    ]


@pytest.mark.parametrize(
    "sort",
    [
        "created_at",
        "updated_at",
        "-title",
        "-status,title,-updated_at",
    ],
)
async def test_pages(storage: Storage, ann: User, sort: str) -> None:
    items = lamps(ann)
    await storage.add(*items, an_item(owner_id=ann.id, deleted_at=LATER))

    async def page(window: Window) -> Slice[ItemView]:
        return await storage.items.page(ItemFilter(), window)

    expected = [item.id for item in in_order(items, sort)]
    for limit in (1, 5, 6, 12, 13):
        walked = await walk(page, sort, limit=limit)
        assert [item.id for rows in walked for item in rows] == expected
        assert all(len(rows) == limit for rows in walked[:-1])
        assert len(walked[-1]) <= limit
    for skip in (0, 5, 7, 11, 12, 100):
        skipped = await page(a_window(sort, skip=skip, limit=5))
        assert [item.id for item in skipped.rows] == expected[skip : skip + 5]
        assert skipped.total == 12
        assert skipped.has_more == (skip + 5 < 12)


def in_order(items: list[Item], sort: str) -> list[Item]:
    """Sorted key by key, the least significant first; text by code point."""
    keys = sort.split(",")
    ordered = sorted(items, key=lambda item: item.id, reverse=keys[-1].startswith("-"))
    for key in reversed(keys):
        ordered.sort(key=attrgetter(key.removeprefix("-")), reverse=key.startswith("-"))
    return ordered


async def test_a_search_looks_at_titles_first(storage: Storage, ann: User) -> None:
    await storage.add(
        an_item(owner_id=ann.id, title="Chair", description="by a lamp"),
        an_item(owner_id=ann.id, title="Lamp", description=None),
        an_item(owner_id=ann.id, title="Other", description=None),
    )

    page = await storage.items.page(ItemFilter(q="la"), a_window("-rank"))

    assert [item.title for item in page.rows] == ["Lamp", "Chair"]


async def test_streams_the_oldest_first_however_many(storage: Storage, ann: User) -> None:
    items = [
        an_item(owner_id=ann.id, created_at=CREATED + HOUR * (number % 7)) for number in range(1100)
    ]
    async with storage.begin() as uow:
        await uow.items.add_many(items)
        await uow.commit()

    streamed = [item async for item in storage.items.stream(ItemFilter())]

    assert streamed == [
        ItemView.of(item) for item in sorted(items, key=lambda item: (item.created_at, item.id))
    ]
