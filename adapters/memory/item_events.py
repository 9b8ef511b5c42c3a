"""What happened to items, in memory."""

import asyncio
import copy
import itertools
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import attrs

from adapters.memory.tables import Committed, Tables
from application.items.ports import EventPlace, ItemEventPage, PlacedItemEvent
from application.items.views import ItemEventView, ItemView
from domain.items import Item, ItemEventId, ItemEventType

_COUNT = itertools.count(1)


def note(tables: Tables, item: Item, what: ItemEventType) -> None:
    """Units of work come one after another here, and so do their events."""
    transaction = next(_COUNT)
    event_id = ItemEventId(UUID(int=transaction))
    view = attrs.evolve(ItemView.of(item), attributes=copy.deepcopy(item.attributes))
    event = ItemEventView(event_id, what, view)
    tables.item_events.add(PlacedItemEvent(EventPlace(transaction, event_id), event))


def sweep(tables: Tables, *, before: datetime, limit: int) -> int:
    oldest = sorted(tables.item_events.scan(), key=attrgetter("place"))[:limit]
    gone = [each for each in oldest if each.event.item.updated_at < before]
    for each in gone:
        tables.item_events.remove(each.event.id)
    return len(gone)


@attrs.frozen
class MemoryItemEventReader:
    database: Committed

    async def now(self) -> EventPlace:
        latest = max((each.place for each in self.database.tables.item_events.scan()), default=None)
        return latest or EventPlace(0, ItemEventId(UUID(int=0)))

    async def find(self, event_id: ItemEventId) -> PlacedItemEvent | None:
        return self.database.tables.item_events.find(event_id)

    async def after(self, place: EventPlace, *, limit: int) -> ItemEventPage:
        events = sorted(
            (each for each in self.database.tables.item_events.scan() if each.place > place),
            key=attrgetter("place"),
        )
        return ItemEventPage(events[:limit], has_more=len(events) > limit)


@attrs.define(eq=False)
class MemoryItemEventSignal:
    """Set off by each commit, for a look costs nothing here."""

    _heard: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    async def wait(self) -> None:
        await self._heard.wait()
        self._heard.clear()

    def set_off(self) -> None:
        self._heard.set()
