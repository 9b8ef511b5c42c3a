"""Items in memory."""

from collections.abc import AsyncIterator, Collection, Sequence

import attrs

from adapters.memory.events import note
from adapters.memory.filtering import is_chosen_by, rank_by
from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, Tables
from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.paging import Slice, Window
from domain.access import UserId
from domain.events import EventType
from domain.items import Item, ItemId, ItemNotFound


@attrs.frozen
class MemoryItemRepository:
    tables: Tables

    async def add(self, item: Item) -> None:
        self.tables.items.add(item)
        self._note(item, EventType.CREATED)

    async def add_many(self, items: Sequence[Item]) -> None:
        for item in items:
            self.tables.items.add(item)
            self._note(item, EventType.CREATED)

    async def get(self, item_id: ItemId) -> Item:
        return self.tables.items.get(item_id, ItemNotFound)

    async def get_deleted(self, item_id: ItemId) -> Item:
        return self.tables.items.get_deleted(item_id, ItemNotFound)

    async def remove_all_of(self, owner_ids: Collection[UserId], *, limit: int) -> int:
        theirs = [each.id for each in self.tables.items.scan() if each.owner_id in owner_ids]
        for item_id in theirs[:limit]:
            self.tables.items.remove(item_id)
        return len(theirs[:limit])

    async def save(self, item: Item, what: EventType = EventType.UPDATED) -> None:
        self.tables.items.save(item)
        self._note(item, what)

    def _note(self, item: Item, what: EventType) -> None:
        view = ItemView.of(self.tables.items.duplicate(item))
        note(self.tables, view, what, at=item.updated_at)


@attrs.frozen
class MemoryItemReader:
    database: Committed

    async def get(self, item_id: ItemId) -> ItemView:
        return ItemView.of(self.database.tables.items.get(item_id, ItemNotFound))

    async def page(self, chosen: ItemFilter, window: Window) -> Slice[ItemView]:
        rank = rank_by(chosen.q, "title", "description")
        return page_of(self._chosen(chosen), window, rank)

    async def stream(self, chosen: ItemFilter) -> AsyncIterator[ItemView]:
        for view in sorted(self._chosen(chosen), key=lambda view: (view.created_at, view.id)):
            yield view

    def _chosen(self, chosen: ItemFilter) -> list[ItemView]:
        items = self.database.tables.items
        is_chosen = is_chosen_by(chosen)
        return [ItemView.of(items.duplicate(item)) for item in items.scan() if is_chosen(item)]
