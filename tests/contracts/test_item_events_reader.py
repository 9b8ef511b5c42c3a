"""What happened to items, told and forgotten as of every kind."""

import asyncio

from application.events.ports import Event, EventPlace
from application.items.views import ItemView
from domain.events import EventType
from domain.users import User
from tests.builders import CREATED, LATER, a_user
from tests.builders.items import an_item
from tests.contracts.storage import Storage


async def settled(storage: Storage, place: EventPlace, count: int) -> list[Event[ItemView]]:
    async with asyncio.timeout(30):
        while len(events := (await storage.item_events.after(place, limit=100)).events) < count:
            pass
    return [each.event for each in events]


async def ann_in(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


async def test_tells_what_happened_and_how_it_left_the_item(storage: Storage) -> None:
    ann = await ann_in(storage)
    start = await storage.item_events.now()
    await storage.add(item := an_item(owner_id=ann.id, attributes={"a": [1]}))
    async with storage.begin() as uow:
        changed = await uow.items.get(item.id)
        changed.change(title="changed", at=LATER)
        await uow.items.save(changed)
        changed.delete(at=LATER)
        await uow.items.save(changed, EventType.DELETED)
        await uow.commit()

    events = await settled(storage, start, 3)

    assert [event.type for event in events] == ["created", "updated", "deleted"]
    assert events[0].subject == ItemView.of(item)
    assert [event.subject.version for event in events] == [1, 2, 3]
    assert [event.subject.title for event in events] == [item.title, "changed", "changed"]


async def test_tells_of_each_of_many_that_are_made_at_once(storage: Storage) -> None:
    ann = await ann_in(storage)
    start = await storage.item_events.now()
    items = [an_item(owner_id=ann.id) for _ in range(5)]
    async with storage.begin() as uow:
        await uow.items.add_many(items)
        await uow.commit()

    events = await settled(storage, start, 5)

    assert [event.subject.id for event in events] == [item.id for item in items]
    assert len({event.id for event in events}) == 5


async def test_forgets_what_is_old(storage: Storage) -> None:
    ann = await ann_in(storage)
    await storage.add(*(an_item(owner_id=ann.id, updated_at=at) for at in (CREATED, LATER)))

    async with storage.begin() as uow:
        assert await uow.events.sweep(before=LATER, limit=10) == 1
        assert await uow.events.sweep(before=LATER, limit=10) == 0
