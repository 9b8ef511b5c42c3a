"""Delete an account, softly; its sessions end."""

from collections.abc import Collection

import attrs

from application.audit.security_log import SecurityLog
from application.changes import require_version
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.rights import require_another_superuser, require_command, require_reach
from domain.access import Actor, Permission, UserId
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class DeleteUser:
    user_id: UserId
    expected_versions: Collection[int] | None = None


@attrs.frozen
class DeleteUserHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: DeleteUser, actor: Actor) -> None:
        require_reach(actor, command.user_id, Permission.USERS_DELETE)
        actor.require(Permission.USERS_DELETE)
        async with self.begin() as uow:
            superusers = await uow.users.lock_superusers()
            user = await uow.users.get(command.user_id)
            require_version(user.version, command.expected_versions)
            require_command(actor, user)
            if user.holds_the_service:
                require_another_superuser(user, superusers)
            now = self.clock.now()
            user.delete(at=now)
            await uow.users.save(user)
            await uow.sessions.revoke_all(user.id, at=now)
            await self.security_log.note(uow, SecurityEvent.USER_DELETED, actor, user=user)
            await uow.commit()
