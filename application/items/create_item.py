"""Create an item of one's own."""

import attrs

from application.clock import Clock, NewId
from application.items.views import ItemView
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.items import Item, ItemId, ItemStatus
from domain.text import Json


@attrs.frozen(kw_only=True)
class CreateItem:
    title: str
    description: str | None = None
    status: ItemStatus = ItemStatus.DRAFT
    attributes: dict[str, Json] = attrs.field(factory=dict)


@attrs.frozen
class CreateItemHandler:
    begin: BeginUnitOfWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateItem, actor: Actor) -> ItemView:
        owner_id = actor.require_user()
        actor.require(Permission.ITEMS_CREATE)
        now = self.clock.now()
        item = Item(
            id=ItemId(self.new_id()),
            owner_id=owner_id,
            title=command.title,
            description=command.description,
            status=command.status,
            attributes=command.attributes,
            created_at=now,
            updated_at=now,
        )
        async with self.begin() as uow:
            await uow.items.add(item)
            await uow.commit()
        return ItemView.of(item)
