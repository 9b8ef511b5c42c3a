"""Stream every account that a filter chooses."""

from collections.abc import AsyncIterator

import attrs

from application.users.listing import UserFilter
from application.users.ports import UserReader
from application.users.views import UserView
from domain.access import Actor, Permission


@attrs.frozen(kw_only=True)
class ExportUsers:
    chosen: UserFilter = UserFilter()


@attrs.frozen
class ExportUsersHandler:
    users: UserReader

    def __call__(self, command: ExportUsers, actor: Actor) -> AsyncIterator[UserView]:
        actor.require(Permission.USERS_READ)
        return self.users.stream(command.chosen)
