"""Show an account: one's own, or anyone's with the permission."""

import attrs

from application.users.ports import UserReader
from application.users.rights import require_reach
from application.users.views import UserView
from domain.access import Actor, Permission, UserId


@attrs.frozen(kw_only=True)
class GetUser:
    user_id: UserId


@attrs.frozen
class GetUserHandler:
    users: UserReader

    async def __call__(self, command: GetUser, actor: Actor) -> UserView:
        require_reach(actor, command.user_id, Permission.USERS_READ)
        return await self.users.get(command.user_id)
