"""Show an item: one's own, or anyone's with the permission."""

import attrs

from application.items.ports import ItemReader
from application.items.rights import require_reach
from application.items.views import ItemView
from domain.access import Actor, Permission
from domain.items import ItemId


@attrs.frozen(kw_only=True)
class GetItem:
    item_id: ItemId


@attrs.frozen
class GetItemHandler:
    items: ItemReader

    async def __call__(self, command: GetItem, actor: Actor) -> ItemView:
        actor.require_freedom()
        item = await self.items.get(command.item_id)
        require_reach(actor, item.owner_id, Permission.ITEMS_READ)
        return item
