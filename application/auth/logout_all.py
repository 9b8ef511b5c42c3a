"""End every session of a user: one's own, or, with the permission, anyone's."""

import attrs

from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, UserId
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class LogoutAll:
    user_id: UserId


@attrs.frozen
class LogoutAllHandler:
    begin: BeginUnitOfWork
    clock: Clock
    security_log: SecurityLog

    async def __call__(self, command: LogoutAll, actor: Actor) -> int:
        """Answer how many sessions ended."""
        actor.refuse_api_keys()
        if not actor.is_user(command.user_id):
            actor.require(Permission.SESSIONS_REVOKE)
        async with self.begin() as uow:
            ended = await uow.sessions.revoke_all(command.user_id, at=self.clock.now())
            await self.security_log.note(
                uow,
                SecurityEvent.SESSIONS_REVOKED,
                actor,
                user=command.user_id,
                details={"sessions": ended},
            )
            await uow.commit()
        return ended
