"""Change an account: one's own names, or anyone's account with the permission."""

from collections.abc import Collection, Iterator
from datetime import datetime

import attrs

from application.audit.security_log import SecurityLog
from application.changes import UNSET, Unset, require_version
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.rights import require_another_superuser, require_command, require_reach
from application.users.views import UserView
from domain.access import Actor, Permission, UserId
from domain.audit import SecurityEvent
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

    def changes_of_rights(self, user: User) -> Iterator[SecurityEvent]:
        """What will be different once this is applied."""
        if self.is_active not in (UNSET, user.is_active):
            activates = self.is_active is True
            yield SecurityEvent.USER_ACTIVATED if activates else SecurityEvent.USER_DEACTIVATED
        if self.is_superuser not in (UNSET, user.is_superuser):
            promotes = self.is_superuser is True
            yield SecurityEvent.USER_PROMOTED if promotes else SecurityEvent.USER_DEMOTED

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
    security_log: SecurityLog
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
            events = tuple(command.changes_of_rights(user))
            command.apply_to(user, at=now)
            await uow.users.save(user)
            for event in events:
                await self.security_log.note(uow, event, actor, user=user)
            if command.is_active is False:
                await uow.sessions.revoke_all(user.id, at=now)
            granted = await uow.roles.permissions_of(user.roles)
            await uow.commit()
        return UserView.of(user, granted)
