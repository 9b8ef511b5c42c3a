"""What happened to things of any kind, in memory."""

import itertools
from datetime import datetime
from operator import attrgetter
from typing import Generic, TypeVar
from uuid import UUID

import attrs

from adapters.memory.tables import Announced, StoredEvent, Tables
from application.events.kind import EventKind
from application.events.ports import Event, EventPage, EventPlace, PlacedEvent
from domain.events import EventId, EventType

View = TypeVar("View")

_COUNT = itertools.count(1)


def note(tables: Tables, subject: object, what: EventType, *, at: datetime) -> None:
    """Units of work come one after another here, and so do their events."""
    transaction = next(_COUNT)
    place = EventPlace(transaction, EventId(UUID(int=transaction)))
    event = Event(place.event_id, what, subject)
    tables.events.add(StoredEvent(PlacedEvent(place, event), at))


@attrs.frozen
class MemoryEventHistory:
    tables: Tables

    async def sweep(self, *, before: datetime, limit: int) -> int:
        oldest = sorted(self.tables.events.scan(), key=attrgetter("placed.place"))[:limit]
        gone = [each for each in oldest if each.at < before]
        for each in gone:
            self.tables.events.remove(each.placed.event.id)
        return len(gone)


@attrs.define(eq=False)
class MemoryEventReader(Generic[View]):
    kind: EventKind[View]
    database: Announced
    _heard: int = attrs.field(default=0, init=False)

    async def now(self) -> EventPlace:
        latest = max((each.place for each in self._events()), default=None)
        return latest or EventPlace(0, EventId(UUID(int=0)))

    async def find(self, event_id: EventId) -> PlacedEvent[View] | None:
        return next((each for each in self._events() if each.event.id == event_id), None)

    async def after(self, place: EventPlace, *, limit: int) -> EventPage[View]:
        events = [each for each in self._events() if each.place > place]
        return EventPage(events[:limit], has_more=len(events) > limit)

    async def wait(self) -> None:
        """Any commit will do, for a look costs nothing here."""
        self._heard = await self.database.commits_after(self._heard)

    def _events(self) -> list[PlacedEvent[View]]:
        stored = sorted(self.database.tables.events.scan(), key=attrgetter("placed.place"))
        return [
            PlacedEvent(each.place, Event(each.event.id, each.event.type, each.event.subject))
            for each in (one.placed for one in stored)
            if isinstance(each.event.subject, self.kind.view)
        ]
