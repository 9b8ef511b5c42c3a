"""What the use cases about items need from outside."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from application.items.listing import ItemFilter
from application.items.views import ItemEventView, ItemView
from application.paging import Slice, Window
from domain.access import UserId
from domain.items import Item, ItemEventId, ItemEventType, ItemId


class ItemRepository(Protocol):
    """Whole items, for changing. Every change is kept for those who follow, as an event of the same
    transaction."""

    async def add(self, item: Item) -> None:
        """Raise `UserNotFound` where there is no such owner."""
        ...

    async def add_many(self, items: Sequence[Item]) -> None:
        """Raise `UserNotFound` where an owner is missing."""
        ...

    async def get(self, item_id: ItemId) -> Item:
        """Locked until the unit of work ends; raise `ItemNotFound`, also for a deleted one."""
        ...

    async def get_deleted(self, item_id: ItemId) -> Item:
        """Locked, deleted or not; raise `ItemNotFound`."""
        ...

    async def remove_all_of(self, owner_ids: Collection[UserId], *, limit: int) -> int:
        """Remove for good as many of theirs, deleted or not; answer how many there were."""
        ...

    async def save(self, item: Item, what: ItemEventType = ItemEventType.UPDATED) -> None:
        """Raise `VersionMismatch`; count the version up. `what` happened is what followers are
        told."""
        ...

    async def sweep_events(self, *, before: datetime, limit: int) -> int:
        """Of the `limit` oldest events, forget those from before then; answer how many."""
        ...


class ItemReader(Protocol):
    """Items, for showing. The best first are those with the words in the title, and those with them
    as whole words."""

    async def get(self, item_id: ItemId) -> ItemView:
        """Raise `ItemNotFound`, also for a deleted one."""
        ...

    async def page(self, chosen: ItemFilter, window: Window) -> Slice[ItemView]: ...

    def stream(self, chosen: ItemFilter) -> AsyncIterator[ItemView]:
        """All of them, oldest first, in constant memory and as of one moment."""
        ...


@attrs.frozen(order=True)
class EventPlace:
    """Where an event stands among all: nothing is ever told in front of what was read already."""

    transaction: int
    event_id: ItemEventId


@attrs.frozen
class PlacedItemEvent:
    place: EventPlace
    event: ItemEventView


@attrs.frozen
class ItemEventPage:
    events: Sequence[PlacedItemEvent]
    has_more: bool = False
    is_waiting: bool = False
    """Whether there are others that wait for an older transaction to end."""


class ItemEventReader(Protocol):
    """What happened to items, in an order that is the same for everyone."""

    async def now(self) -> EventPlace:
        """In front of all that is committed from now on."""
        ...

    async def find(self, event_id: ItemEventId) -> PlacedItemEvent | None:
        """None where it is kept no longer, or not yet to be told."""
        ...

    async def after(self, place: EventPlace, *, limit: int) -> ItemEventPage:
        """The next ones. Whatever is committed later comes behind them."""
        ...


class ItemEventSignal(Protocol):
    """Tells that there may be an event to read."""

    async def wait(self) -> None:
        """Until one was committed since this was last waited for, by whichever process. May also
        return for nothing, and does not promise to hear of everything."""
        ...
