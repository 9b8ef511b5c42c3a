"""Stream every item that a filter chooses and the actor may see."""

from collections.abc import AsyncIterator

import attrs

from application.items.list_items import visible
from application.items.listing import ItemFilter
from application.items.ports import ItemReader
from application.items.views import ItemView
from domain.access import Actor


@attrs.frozen(kw_only=True)
class ExportItems:
    chosen: ItemFilter = ItemFilter()


@attrs.frozen
class ExportItemsHandler:
    items: ItemReader

    def __call__(self, command: ExportItems, actor: Actor) -> AsyncIterator[ItemView]:
        chosen = visible(command.chosen, actor)
        return _nothing() if chosen is None else self.items.stream(chosen)


async def _nothing() -> AsyncIterator[ItemView]:
    nothing: tuple[ItemView, ...] = ()
    for item in nothing:
        yield item
