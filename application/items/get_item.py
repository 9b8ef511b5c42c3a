"""Show an item: one's own, or anyone's with the permission."""

import attrs

from application.items.ports import ItemReader
from application.items.views import ItemView
from domain.access import Actor, Permission
from domain.items import ItemId, ItemNotFound


@attrs.frozen(kw_only=True)
class GetItem:
    item_id: ItemId


@attrs.frozen
class GetItemHandler:
    items: ItemReader

    async def __call__(self, command: GetItem, actor: Actor) -> ItemView:
        item = await self.items.get(command.item_id)
        if not actor.is_user(item.owner_id) and not actor.can(Permission.ITEMS_READ):
            raise ItemNotFound
        return item
