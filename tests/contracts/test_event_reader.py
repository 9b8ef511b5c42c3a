"""What happened to items, in the order in which everyone is told."""

import asyncio

import pytest

from application.events.ports import EventPlace, PlacedEvent
from application.items.views import ItemView
from domain.events import EventId, EventType
from domain.users import User
from tests.builders import LATER, a_user, new_id
from tests.builders.items import an_item
from tests.contracts.storage import Storage

PATIENCE = 2.0
NOBODYS = EventId(new_id())


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


async def all_after(storage: Storage, place: EventPlace) -> list[PlacedEvent[ItemView]]:
    """Whatever else runs on the server has to end first."""
    async with asyncio.timeout(30):
        while (page := await storage.item_events.after(place, limit=100)).is_waiting:
            pass
    return list(page.events)


async def settled(storage: Storage, place: EventPlace, count: int) -> list[PlacedEvent[ItemView]]:
    async with asyncio.timeout(30):
        while len(events := await all_after(storage, place)) < count:
            pass
    return events


async def test_tells_what_happened_and_how_it_left_the_item(storage: Storage, ann: User) -> None:
    start = await storage.item_events.now()
    await storage.add(item := an_item(owner_id=ann.id, attributes={"a": [1]}))
    async with storage.begin() as uow:
        changed = await uow.items.get(item.id)
        changed.change(title="changed", at=LATER)
        await uow.items.save(changed)
        changed.delete(at=LATER)
        await uow.items.save(changed, EventType.DELETED)
        await uow.commit()

    events = [each.event for each in await settled(storage, start, 3)]

    assert [event.type for event in events] == ["created", "updated", "deleted"]
    assert events[0].subject == ItemView.of(item)
    assert [event.subject.version for event in events] == [1, 2, 3]
    assert [event.subject.title for event in events] == [item.title, "changed", "changed"]


async def test_tells_of_each_of_many(storage: Storage, ann: User) -> None:
    start = await storage.item_events.now()
    items = [an_item(owner_id=ann.id) for _ in range(5)]
    async with storage.begin() as uow:
        await uow.items.add_many(items)
        await uow.commit()

    events = await settled(storage, start, 5)

    assert [each.event.subject.id for each in events] == [item.id for item in items]
    assert len({each.event.id for each in events}) == 5


async def test_tells_nothing_of_what_was_undone(storage: Storage, ann: User) -> None:
    start = await storage.item_events.now()
    async with storage.begin() as uow:
        await uow.items.add(an_item(owner_id=ann.id))

    assert await all_after(storage, start) == []


async def test_goes_on_behind_any_of_them(storage: Storage, ann: User) -> None:
    start = await storage.item_events.now()
    for _ in range(4):
        await storage.add(an_item(owner_id=ann.id))
    events = await settled(storage, start, 4)

    for number, placed in enumerate(events):
        assert await storage.item_events.find(placed.event.id) == placed
        assert await all_after(storage, placed.place) == events[number + 1 :]
    page = await storage.item_events.after(start, limit=2)
    assert (list(page.events), page.has_more) == (events[:2], True)
    assert await storage.item_events.find(NOBODYS) is None
    assert events[-1].place < await storage.item_events.now() or (
        await all_after(storage, await storage.item_events.now()) == []
    )


async def test_wakes_whoever_waits_by_a_commit(storage: Storage, ann: User) -> None:
    waiting = asyncio.create_task(storage.item_events.wait())
    await storage.add(an_item(owner_id=ann.id))
    await asyncio.wait_for(waiting, PATIENCE)


async def test_does_not_wait_for_what_was_committed_before(storage: Storage, ann: User) -> None:
    for _ in range(3):
        await storage.add(an_item(owner_id=ann.id))
    await asyncio.wait_for(storage.item_events.wait(), PATIENCE)
