"""List items: one's own, or everyone's with the permission."""

import attrs

from application.filtering import words_of
from application.items.listing import ITEMS, ItemFilter
from application.items.ports import ItemReader
from application.items.views import ItemView
from application.paging import Cursors, Page, PageRequest
from domain.access import Actor, Permission


@attrs.frozen(kw_only=True)
class ListItems:
    chosen: ItemFilter = ItemFilter()
    page: PageRequest = PageRequest()


@attrs.frozen
class ListItemsHandler:
    items: ItemReader
    cursors: Cursors

    async def __call__(self, command: ListItems, actor: Actor) -> Page[ItemView]:
        is_search = bool(words_of(command.chosen.q))
        window = ITEMS.window(command.page, self.cursors, is_search=is_search)
        chosen = visible(command.chosen, actor)
        if chosen is None:
            return Page(items=(), total=0 if window.with_total else None, next_cursor=None)
        return ITEMS.page(await self.items.page(chosen, window), self.cursors)


def visible(chosen: ItemFilter, actor: Actor) -> ItemFilter | None:
    """The part of what was chosen that the actor may see; None where that is nothing, so that
    another's items answer exactly like those that do not exist."""
    if chosen.deleted:
        actor.require(Permission.ITEMS_DELETE)
    if actor.can(Permission.ITEMS_READ):
        return chosen
    own = actor.require_user()
    if not actor.owns(own, Permission.ITEMS_READ):
        actor.require(Permission.ITEMS_READ)
    if chosen.owner_id not in (None, own):
        return None
    return attrs.evolve(chosen, owner_id=own)
