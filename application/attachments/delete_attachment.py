"""Delete an attachment for good; its bytes follow."""

import attrs

from application.attachments.delete_blobs import DeleteBlobs
from application.clock import Clock, NewId
from application.items.rights import require_reach
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission
from domain.attachments import AttachmentId
from domain.items import ItemId
from domain.jobs import JobId


@attrs.frozen(kw_only=True)
class DeleteAttachment:
    item_id: ItemId
    attachment_id: AttachmentId


@attrs.frozen
class DeleteAttachmentHandler:
    begin: BeginUnitOfWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: DeleteAttachment, actor: Actor) -> None:
        actor.require_freedom()
        async with self.begin() as uow:
            item = await uow.items.get(command.item_id)
            require_reach(actor, item.owner_id, Permission.ITEMS_UPDATE)
            attachment = await uow.attachments.get(item.id, command.attachment_id)
            await uow.attachments.remove(attachment)
            await uow.outbox.add(
                DeleteBlobs(blob_ids=(attachment.blob_id,)),
                job_id=JobId(self.new_id()),
                at=self.clock.now(),
            )
            await uow.commit()
