"""What following needs from outside, for any kind of thing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import attrs

from domain.events import EventId, EventType

View_co = TypeVar("View_co", covariant=True)


@attrs.frozen(order=True)
class EventPlace:
    """Where an event stands among all: nothing is ever told in front of what was read already."""

    transaction: int
    event_id: EventId


@attrs.frozen
class Event(Generic[View_co]):
    id: EventId
    type: EventType = attrs.field(converter=EventType)
    subject: View_co
    """As the event left it."""


@attrs.frozen
class PlacedEvent(Generic[View_co]):
    place: EventPlace
    event: Event[View_co]


@attrs.frozen
class EventPage(Generic[View_co]):
    events: Sequence[PlacedEvent[View_co]]
    has_more: bool = False
    is_waiting: bool = False
    """Whether there are others that wait for an older transaction to end."""


class EventReader(Protocol[View_co]):
    """What happened to things of one kind, in an order that is the same for everyone."""

    async def now(self) -> EventPlace:
        """In front of all that is committed from now on."""
        ...

    async def find(self, event_id: EventId) -> PlacedEvent[View_co] | None:
        """None where it is kept no longer, or not yet to be told."""
        ...

    async def after(self, place: EventPlace, *, limit: int) -> EventPage[View_co]:
        """The next ones. Whatever is committed later comes behind them."""
        ...

    async def wait(self) -> None:
        """Until one was committed since this was last waited for, by whichever process. May also
        return for nothing, and does not promise to hear of everything."""
        ...


class EventHistory(Protocol):
    """The events of all kinds, as long as they are kept."""

    async def sweep(self, *, before: datetime, limit: int) -> int:
        """Of the `limit` oldest of each kind, forget those from before then; answer how many, of
        the kind that had the most."""
        ...
