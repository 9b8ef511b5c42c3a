"""Follow what happens to items: to one's own, or with the permission to everyone's."""

import attrs

from application.events.follow import Following
from application.events.kind import EventKind
from application.events.ports import EventReader
from application.items.views import ItemView
from domain.access import Permission

ITEM_EVENTS = EventKind(
    name="items",
    called="item",
    view=ItemView,
    permission=Permission.ITEMS_READ,
    owner_of=lambda item: item.owner_id,
)


@attrs.define(eq=False)
class FollowItemsHandler(Following[ItemView]):
    kind = ITEM_EVENTS
    reader: EventReader[ItemView]
