"""Change an item: one's own, or anyone's with the permission."""

from collections.abc import Collection

import attrs

from application.changes import UNSET, Unset, changes_in, require_version
from application.clock import Clock
from application.items.rights import require_reach
from application.items.views import ItemView
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.items import ItemId, ItemStatus
from domain.text import Json


@attrs.frozen(kw_only=True)
class UpdateItem:
    item_id: ItemId
    title: str | Unset = UNSET
    description: str | None | Unset = UNSET
    status: ItemStatus | Unset = UNSET
    attributes: dict[str, Json] | Unset = UNSET
    expected_versions: Collection[int] | None = None


@attrs.frozen
class UpdateItemHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, command: UpdateItem, actor: Actor) -> ItemView:
        actor.require_freedom()
        async with self.begin() as uow:
            item = await uow.items.get(command.item_id)
            require_reach(actor, item.owner_id, Permission.ITEMS_UPDATE)
            require_version(item.version, command.expected_versions)
            item.change(at=self.clock.now(), **changes_in(command))
            await uow.items.save(item)
            await uow.commit()
        return ItemView.of(item)
