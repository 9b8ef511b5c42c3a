"""List the accounts."""

import attrs

from application.paging import Cursors, Page, PageRequest
from application.users.listing import USERS, UserFilter
from application.users.ports import UserReader
from application.users.views import UserView
from domain.access import Actor, Permission


@attrs.frozen(kw_only=True)
class ListUsers:
    chosen: UserFilter = UserFilter()
    page: PageRequest = PageRequest()


@attrs.frozen
class ListUsersHandler:
    users: UserReader
    cursors: Cursors

    async def __call__(self, command: ListUsers, actor: Actor) -> Page[UserView]:
        actor.require(Permission.USERS_READ)
        window = USERS.window(command.page, self.cursors)
        return USERS.page(await self.users.page(command.chosen, window), self.cursors)
