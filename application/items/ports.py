"""What the use cases about items need from outside."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Protocol

from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.paging import Slice, Window
from domain.access import UserId
from domain.events import EventType
from domain.items import Item, ItemId


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

    async def save(self, item: Item, what: EventType = EventType.UPDATED) -> None:
        """Raise `VersionMismatch`; count the version up. `what` happened is what followers are
        told."""
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
