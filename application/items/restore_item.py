"""Bring a deleted item back."""

import attrs

from application.clock import Clock
from application.items.rights import require_reach
from application.items.views import ItemView
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.events import EventType
from domain.items import ItemId


@attrs.frozen(kw_only=True)
class RestoreItem:
    item_id: ItemId


@attrs.frozen
class RestoreItemHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, command: RestoreItem, actor: Actor) -> ItemView:
        actor.require_freedom()
        async with self.begin() as uow:
            item = await uow.items.get_deleted(command.item_id)
            require_reach(actor, item.owner_id, Permission.ITEMS_DELETE)
            if item.deleted_at is not None:
                item.restore(at=self.clock.now())
                await uow.items.save(item, EventType.RESTORED)
                await uow.commit()
        return ItemView.of(item)
