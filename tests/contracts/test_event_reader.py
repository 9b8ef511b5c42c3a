"""What happened to things of one kind, in the order in which everyone is told."""

import asyncio

from application.events.ports import EventPlace, PlacedEvent
from domain.events import EventId
from tests.builders import LATER, UPDATED, new_id
from tests.things import Thing, Things, ThingView, add

PATIENCE = 2.0
NOBODYS = EventId(new_id())


async def all_after(things: Things, place: EventPlace) -> list[PlacedEvent[ThingView]]:
    """Whatever else runs on the server has to end first."""
    async with asyncio.timeout(30):
        while (page := await things.reader.after(place, limit=100)).is_waiting:
            pass
    return list(page.events)


async def settled(things: Things, place: EventPlace, count: int) -> list[PlacedEvent[ThingView]]:
    async with asyncio.timeout(30):
        while len(events := await all_after(things, place)) < count:
            pass
    return events


async def test_tells_what_happened_how_it_left_each_and_when(things: Things) -> None:
    start = await things.reader.now()
    await add(things, thing := Thing())
    async with things.begin() as changing:
        thing.type, thing.updated_at = "lantern", UPDATED
        await changing.save(thing)
        await changing.remove(thing, at=LATER)
        await changing.commit()

    events = [each.event for each in await settled(things, start, 3)]

    assert [event.type for event in events] == ["created", "updated", "deleted"]
    assert events[0].subject == ThingView.of(Thing(id=thing.id, owner_id=thing.owner_id))
    assert events[1].subject == ThingView.of(thing)
    assert [event.subject.version for event in events] == [1, 2, 2]
    assert events[2].subject.updated_at == LATER


async def test_tells_of_each_of_many(things: Things) -> None:
    start = await things.reader.now()
    many = [Thing() for _ in range(5)]
    await add(things, *many)

    events = await settled(things, start, 5)

    assert [each.event.subject.id for each in events] == [thing.id for thing in many]
    assert len({each.event.id for each in events}) == 5


async def test_tells_nothing_of_what_was_undone(things: Things) -> None:
    start = await things.reader.now()
    async with things.begin() as changing:
        await changing.add(Thing())

    assert await all_after(things, start) == []


async def test_goes_on_behind_any_of_them(things: Things) -> None:
    start = await things.reader.now()
    for _ in range(4):
        await add(things, Thing())
    events = await settled(things, start, 4)

    for number, placed in enumerate(events):
        assert await things.reader.find(placed.event.id) == placed
        assert await all_after(things, placed.place) == events[number + 1 :]
    page = await things.reader.after(start, limit=2)
    assert (list(page.events), page.has_more) == (events[:2], True)
    assert await things.reader.find(NOBODYS) is None
    assert events[-1].place < await things.reader.now() or (
        await all_after(things, await things.reader.now()) == []
    )


async def test_wakes_whoever_waits_by_a_commit(things: Things) -> None:
    waiting = asyncio.create_task(things.reader.wait())
    await add(things, Thing())
    await asyncio.wait_for(waiting, PATIENCE)


async def test_does_not_wait_for_what_was_committed_before(things: Things) -> None:
    for _ in range(3):
        await add(things, Thing())
    await asyncio.wait_for(things.reader.wait(), PATIENCE)
