"""Change an account: one's own names, or anyone's account with the permission."""

from collections.abc import Collection
from datetime import datetime

import attrs

from application.changes import UNSET, Unset, require_version
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.rights import require_another_superuser, require_command, require_reach
from application.users.views import UserView
from domain.access import Actor, Permission, UserId
from domain.users import User


@attrs.frozen(kw_only=True)
class UpdateUser:
    user_id: UserId
    username: str | Unset = UNSET
    full_name: str | None | Unset = UNSET
    is_active: bool | Unset = UNSET
    is_superuser: bool | Unset = UNSET
    expected_versions: Collection[int] | None = None

    @property
    def sets_rights(self) -> bool:
        return (self.is_active, self.is_superuser) != (UNSET, UNSET)

    def apply_to(self, user: User, *, at: datetime) -> None:
        if self.username is not UNSET:
            user.rename(self.username, at=at)
        if self.full_name is not UNSET:
            user.introduce(self.full_name, at=at)
        if self.is_active is not UNSET:
            (user.activate if self.is_active else user.deactivate)(at=at)
        if self.is_superuser is not UNSET:
            (user.promote if self.is_superuser else user.demote)(at=at)


@attrs.frozen
class UpdateUserHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, command: UpdateUser, actor: Actor) -> UserView:
        require_reach(actor, command.user_id, Permission.USERS_UPDATE)
        if command.sets_rights:
            actor.require(Permission.USERS_UPDATE)
        if command.is_superuser is not UNSET:
            actor.require_superuser("Only a superuser makes and unmakes superusers.")
        takes_rights = command.is_active is False or command.is_superuser is False

        async with self.begin() as uow:
            superusers = await uow.users.lock_superusers() if takes_rights else frozenset()
            user = await uow.users.get(command.user_id)
            require_version(user.version, command.expected_versions)
            require_command(actor, user)
            if takes_rights and user.holds_the_service:
                require_another_superuser(user, superusers)
            now = self.clock.now()
            command.apply_to(user, at=now)
            await uow.users.save(user)
            if command.is_active is False:
                await uow.sessions.revoke_all(user.id, at=now)
            granted = await uow.roles.permissions_of(user.roles)
            await uow.commit()
        return UserView.of(user, granted)
