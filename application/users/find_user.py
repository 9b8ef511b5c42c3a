"""Find an account by its email, its username or its id, as operators name it."""

import attrs

from application.users.ports import UserReader
from application.users.views import UserView
from domain.access import Actor, Permission
from domain.users import UserNotFound


@attrs.frozen(kw_only=True)
class FindUser:
    name: str
    deleted: bool = False


@attrs.frozen
class FindUserHandler:
    users: UserReader

    async def __call__(self, command: FindUser, actor: Actor) -> UserView:
        actor.require(Permission.USERS_READ)
        find = self.users.find_deleted if command.deleted else self.users.find
        user = await find(command.name)
        if user is None:
            raise UserNotFound(f"There is no user {command.name!r}.")
        return user
