"""Create many items of one's own: all of them, or none where any is bad."""

from collections.abc import Sequence

import attrs

from application.clock import Clock, NewId
from application.items.create_item import CreateItem
from application.items.views import ItemView
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.errors import FieldError, Invalid
from domain.items import Item, ItemId

MOST_AT_ONCE = 1000


@attrs.frozen(kw_only=True)
class CreateItems:
    items: Sequence[CreateItem] = attrs.field()

    @items.validator
    def _not_too_many(self, _: object, items: Sequence[CreateItem]) -> None:
        if not 1 <= len(items) <= MOST_AT_ONCE:
            raise Invalid.field("items", "out_of_range", f"must be 1 to {MOST_AT_ONCE} items")


@attrs.frozen
class CreateItemsHandler:
    begin: BeginUnitOfWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateItems, actor: Actor) -> Sequence[ItemView]:
        owner_id = actor.require_user()
        actor.require(Permission.ITEMS_CREATE)
        now = self.clock.now()
        items: list[Item] = []
        errors: list[FieldError] = []
        for place, each in enumerate(command.items):
            try:
                items.append(each.item(ItemId(self.new_id()), owner_id, now))
            except Invalid as refusal:
                errors += [error.inside(f"items.{place}") for error in refusal.errors]
        if errors:
            raise Invalid("Some items are not valid.", errors)
        async with self.begin() as uow:
            await uow.items.add_many(items)
            await uow.commit()
        return [ItemView.of(item) for item in items]
