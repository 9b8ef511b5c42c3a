"""Delete an item, softly."""

import attrs

from application.clock import Clock
from application.items.rights import require_reach
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.errors import VersionMismatch
from domain.items import ItemId


@attrs.frozen(kw_only=True)
class DeleteItem:
    item_id: ItemId
    expected_version: int | None = None


@attrs.frozen
class DeleteItemHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, command: DeleteItem, actor: Actor) -> None:
        async with self.begin() as uow:
            item = await uow.items.get(command.item_id)
            require_reach(actor, item, Permission.ITEMS_DELETE)
            if command.expected_version not in (None, item.version):
                raise VersionMismatch
            item.delete(at=self.clock.now())
            await uow.items.save(item)
            await uow.commit()
