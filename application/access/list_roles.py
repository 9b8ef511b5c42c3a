"""List the roles."""

import attrs

from application.access.ports import RoleReader
from application.access.views import RoleView
from application.paging import Cursors, Listing, Page, PageRequest, SortKey
from domain.access import Actor, Permission

ROLES = Listing(
    name="roles",
    sortable=frozenset({"name", "created_at", "updated_at"}),
    default_sort=(SortKey("name"),),
)


@attrs.frozen(kw_only=True)
class ListRoles:
    page: PageRequest = PageRequest()


@attrs.frozen
class ListRolesHandler:
    roles: RoleReader
    cursors: Cursors

    async def __call__(self, command: ListRoles, actor: Actor) -> Page[RoleView]:
        actor.require(Permission.ROLES_READ)
        window = ROLES.window(command.page, self.cursors)
        return ROLES.page(await self.roles.page(window), self.cursors)
