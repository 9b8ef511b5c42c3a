"""List what is attached to an item."""

import attrs

from application.attachments.ports import AttachmentReader
from application.items.ports import ItemReader
from application.items.rights import require_reach
from application.paging import Cursors, Listing, Page, PageRequest, SortKey
from domain.access import Actor, Permission
from domain.attachments import Attachment
from domain.items import ItemId

ATTACHMENTS = Listing(
    name="attachments",
    sortable=frozenset({"created_at", "filename", "size"}),
    default_sort=(SortKey("created_at"),),
)


@attrs.frozen(kw_only=True)
class ListAttachments:
    item_id: ItemId
    page: PageRequest = PageRequest()


@attrs.frozen
class ListAttachmentsHandler:
    items: ItemReader
    attachments: AttachmentReader
    cursors: Cursors

    async def __call__(self, command: ListAttachments, actor: Actor) -> Page[Attachment]:
        actor.require_freedom()
        window = ATTACHMENTS.window(command.page, self.cursors)
        item = await self.items.get(command.item_id)
        require_reach(actor, item.owner_id, Permission.ITEMS_READ)
        rows = await self.attachments.page(item.id, window)
        return ATTACHMENTS.page(rows, self.cursors)
