"""Whole items."""

import asyncio
from datetime import timedelta

import attrs
import pytest

from domain.errors import VersionMismatch
from domain.items import Item, ItemNotFound, ItemStatus
from domain.text import Json
from domain.users import User, UserNotFound
from tests.builders import LATER, a_user
from tests.builders.items import an_item
from tests.contracts.racing import let_others_in
from tests.contracts.storage import Storage


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


async def stored(storage: Storage, item: Item) -> Item:
    async with storage.begin() as uow:
        return await uow.items.get_deleted(item.id)


@pytest.mark.parametrize("status", ItemStatus)
async def test_keeps_every_field(storage: Storage, ann: User, status: ItemStatus) -> None:
    full = an_item(
        owner_id=ann.id,
        title="Lampe d'été 💡",
        description="line\n\ttab\r\n ünd ",
        status=status,
        attributes={"": [], "a": {"b": [None, {"c": "ü\n"}]}},
        deleted_at=LATER + timedelta(microseconds=1),
        version=7,
    )
    bare = an_item(owner_id=ann.id, description=None, status=status, attributes={})
    await storage.add(full, bare)

    assert await stored(storage, full) == full
    assert await stored(storage, bare) == bare
    assert type((await stored(storage, full)).status) is ItemStatus


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        None,
        0,
        1,
        -1,
        2**63 - 1,
        -(2**63),
        2**53 + 1,
        0.1,
        -2.5,
        1e-7,
        1e16,
        1e22,
        1e300,
        5e-324,
        1.7976931348623157e308,
        "",
        "\n",
        "1",
        "💡",
        "\u2028",
        "\\u0000",
        '"',
        [],
        {},
        [[[]]],
    ],
    ids=repr,
)
async def test_json_comes_back_as_it_was(storage: Storage, ann: User, value: Json) -> None:
    await storage.add(item := an_item(owner_id=ann.id, attributes={"key": value}))

    kept = (await stored(storage, item)).attributes["key"]
    shown = (await storage.items.get(item.id)).attributes["key"]

    assert kept == shown == value
    assert isinstance(kept, bool) == isinstance(value, bool)


async def test_saves_every_field_that_may_change(storage: Storage, ann: User) -> None:
    await storage.add(lamp := an_item(owner_id=ann.id))
    async with storage.begin() as uow:
        loaded = await uow.items.get(lamp.id)
        loaded.title = "Other"
        loaded.description = None
        loaded.status = ItemStatus.ARCHIVED
        loaded.attributes = {"other": True}
        loaded.updated_at = LATER
        loaded.deleted_at = LATER + timedelta(seconds=1)
        await uow.items.save(loaded)
        await uow.commit()

    assert loaded.version == lamp.version + 1
    assert await stored(storage, lamp) == loaded
    unchanged = {"id", "owner_id", "created_at"}
    for field in attrs.fields(Item):
        if field.name not in unchanged:
            assert getattr(loaded, field.name) != getattr(lamp, field.name), field.name


async def test_copies_in_and_out(storage: Storage, ann: User) -> None:
    sizes: list[Json] = [1]
    lamp = an_item(owner_id=ann.id, title="Lamp", attributes={"sizes": sizes})
    async with storage.begin() as uow:
        await uow.items.add(lamp)
        lamp.title = "Other"
        sizes.append(2)
        loaded = await uow.items.get(lamp.id)
        loaded.title = "Another"
        loaded.attributes["sizes"] = None
        again = await uow.items.get(lamp.id)
        assert (again.title, again.attributes) == ("Lamp", {"sizes": [1]})
        await uow.commit()

    shown = await storage.items.get(lamp.id)
    shown.attributes["sizes"] = None
    assert (await stored(storage, lamp)).attributes == {"sizes": [1]}


async def test_the_unknown_is_not_found(storage: Storage) -> None:
    async with storage.begin() as uow:
        for find in (uow.items.get, uow.items.get_deleted):
            with pytest.raises(ItemNotFound):
                await find(an_item().id)


async def test_the_deleted_is_found_only_where_asked_for(storage: Storage, ann: User) -> None:
    gone, here = an_item(owner_id=ann.id, deleted_at=LATER), an_item(owner_id=ann.id)
    await storage.add(gone, here)
    async with storage.begin() as uow:
        with pytest.raises(ItemNotFound):
            await uow.items.get(gone.id)
        assert await uow.items.get_deleted(gone.id) == gone
        assert await uow.items.get_deleted(here.id) == here


async def test_refuses_an_owner_who_is_not_there(storage: Storage, ann: User) -> None:
    async with storage.begin() as uow:
        with pytest.raises(UserNotFound):
            await uow.items.add(an_item())
    async with storage.begin() as uow:
        with pytest.raises(UserNotFound):
            await uow.items.add_many([an_item(owner_id=ann.id), an_item()])


async def test_adds_many(storage: Storage, ann: User) -> None:
    items = [an_item(owner_id=ann.id, version=3) for _ in range(1000)]
    async with storage.begin() as uow:
        await uow.items.add_many(items)
        await uow.items.add_many([])
        await uow.commit()

    assert await stored(storage, items[0]) == items[0]
    assert await stored(storage, items[-1]) == items[-1]


async def test_refuses_a_stale_save(storage: Storage, ann: User) -> None:
    await storage.add(lamp := an_item(owner_id=ann.id, version=7))
    async with storage.begin() as uow:
        mine, theirs = await uow.items.get(lamp.id), await uow.items.get(lamp.id)
        theirs.change(title="Theirs", at=LATER)
        await uow.items.save(theirs)
        mine.change(title="Mine", at=LATER)
        with pytest.raises(VersionMismatch):
            await uow.items.save(mine)
        assert mine.version == 7
        await uow.commit()

    assert theirs.version == 8
    assert await stored(storage, lamp) == theirs


async def test_refuses_to_save_what_was_never_added(storage: Storage, ann: User) -> None:
    async with storage.begin() as uow:
        with pytest.raises(VersionMismatch):
            await uow.items.save(an_item(owner_id=ann.id))


async def test_racing_changes_lose_nothing(storage: Storage, ann: User) -> None:
    await storage.add(lamp := an_item(owner_id=ann.id, attributes={"count": 0}))

    async def count() -> None:
        async with storage.begin() as uow:
            item = await uow.items.get(lamp.id)
            await let_others_in()
            counted = item.attributes["count"]
            assert isinstance(counted, int)
            item.change(attributes={"count": counted + 1}, at=LATER)
            await uow.items.save(item)
            await uow.commit()

    await asyncio.gather(*(count() for _ in range(10)))

    counted = await stored(storage, lamp)
    assert counted.attributes == {"count": 10}
    assert counted.version == lamp.version + 10


async def test_removes_what_is_somebodys_for_good(storage: Storage) -> None:
    ann, bob = a_user(), a_user()
    theirs = [an_item(owner_id=ann.id, deleted_at=at) for at in (None, LATER, None)]
    kept = an_item(owner_id=bob.id)
    await storage.add(ann, bob, *theirs, kept)

    async with storage.begin() as uow:
        assert await uow.items.remove_all_of({ann.id}, limit=2) == 2
        assert await uow.items.remove_all_of({ann.id}, limit=2) == 1
        assert await uow.items.remove_all_of({ann.id}, limit=2) == 0
        await uow.commit()

    async with storage.begin() as uow:
        assert await uow.items.get(kept.id) == kept
        for item in theirs:
            with pytest.raises(ItemNotFound):
                await uow.items.get_deleted(item.id)
