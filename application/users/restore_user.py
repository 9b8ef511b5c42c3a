"""Bring a deleted account back."""

import attrs

from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.rights import require_command, require_reach
from application.users.views import UserView
from domain.access import Actor, Permission, UserId
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class RestoreUser:
    user_id: UserId


@attrs.frozen
class RestoreUserHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: RestoreUser, actor: Actor) -> UserView:
        require_reach(actor, command.user_id, Permission.USERS_DELETE)
        actor.require(Permission.USERS_DELETE)
        async with self.begin() as uow:
            user = await uow.users.get_deleted(command.user_id)
            require_command(actor, user)
            if user.deleted_at is not None:
                user.restore(at=self.clock.now())
                await uow.users.save(user)
                await self.security_log.note(uow, SecurityEvent.USER_RESTORED, actor, user=user)
            granted = await uow.roles.permissions_of(user.roles)
            await uow.commit()
        return UserView.of(user, granted)
