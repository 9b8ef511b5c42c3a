"""End one session: one's own, or, with the permission, anyone's."""

import attrs

from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, SessionId
from domain.audit import SecurityEvent
from domain.auth import SessionNotFound


@attrs.frozen(kw_only=True)
class RevokeSession:
    session_id: SessionId


@attrs.frozen
class RevokeSessionHandler:
    begin: BeginUnitOfWork
    clock: Clock
    security_log: SecurityLog

    async def __call__(self, command: RevokeSession, actor: Actor) -> None:
        actor.refuse_api_keys()
        async with self.begin() as uow:
            session = await uow.sessions.get(command.session_id)
            if not (actor.is_user(session.user_id) or actor.can(Permission.SESSIONS_REVOKE)):
                raise SessionNotFound
            session.revoke(at=self.clock.now())
            await uow.sessions.save(session)
            await self.security_log.note(
                uow,
                SecurityEvent.SESSION_REVOKED,
                actor,
                user=session.user_id,
                subject=str(session.id),
            )
            await uow.commit()
