"""Create an item of one's own."""

from datetime import datetime

import attrs

from application.clock import Clock, NewId
from application.items.views import ItemView
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, UserId
from domain.items import Item, ItemId, ItemStatus
from domain.text import Json


@attrs.frozen(kw_only=True)
class CreateItem:
    title: str
    description: str | None = None
    status: ItemStatus = ItemStatus.DRAFT
    attributes: dict[str, Json] = attrs.field(factory=dict)

    def item(self, item_id: ItemId, owner_id: UserId, at: datetime) -> Item:
        """Raise `Invalid`."""
        return Item(
            id=item_id,
            owner_id=owner_id,
            title=self.title,
            description=self.description,
            status=self.status,
            attributes=self.attributes,
            created_at=at,
            updated_at=at,
        )


@attrs.frozen
class CreateItemHandler:
    begin: BeginUnitOfWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateItem, actor: Actor) -> ItemView:
        owner_id = actor.require_user()
        actor.require(Permission.ITEMS_CREATE)
        item = command.item(ItemId(self.new_id()), owner_id, self.clock.now())
        async with self.begin() as uow:
            await uow.items.add(item)
            await uow.commit()
        return ItemView.of(item)
