"""List a user's API keys: one's own, or, as a superuser, anyone's."""

import attrs

from application.access.ports import ApiKeyReader
from application.access.views import ApiKeyView
from application.paging import Cursors, Listing, Page, PageRequest, SortKey
from domain.access import Actor, UserId

API_KEYS = Listing(
    name="api-keys",
    sortable=frozenset({"created_at", "name"}),
    default_sort=(SortKey("created_at", descending=True),),
)


@attrs.frozen(kw_only=True)
class ListApiKeys:
    owner_id: UserId
    page: PageRequest = PageRequest()


@attrs.frozen
class ListApiKeysHandler:
    api_keys: ApiKeyReader
    cursors: Cursors

    async def __call__(self, command: ListApiKeys, actor: Actor) -> Page[ApiKeyView]:
        actor.refuse_api_keys()
        if not actor.is_user(command.owner_id):
            actor.require_superuser("Only a superuser sees another's API keys.")
        window = API_KEYS.window(command.page, self.cursors)
        rows = await self.api_keys.page(command.owner_id, window)
        return API_KEYS.page(rows, self.cursors)
