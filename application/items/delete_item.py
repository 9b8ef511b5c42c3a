"""Delete an item, softly."""

from collections.abc import Collection

import attrs

from application.changes import require_version
from application.clock import Clock
from application.items.rights import require_reach
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.events import EventType
from domain.items import ItemId


@attrs.frozen(kw_only=True)
class DeleteItem:
    item_id: ItemId
    expected_versions: Collection[int] | None = None


@attrs.frozen
class DeleteItemHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, command: DeleteItem, actor: Actor) -> None:
        actor.require_freedom()
        async with self.begin() as uow:
            item = await uow.items.get(command.item_id)
            require_reach(actor, item.owner_id, Permission.ITEMS_DELETE)
            require_version(item.version, command.expected_versions)
            item.delete(at=self.clock.now())
            await uow.items.save(item, EventType.DELETED)
            await uow.commit()
