"""End the session the caller is in."""

import attrs

from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, NotAuthenticated
from domain.audit import SecurityEvent


@attrs.frozen
class LogoutHandler:
    begin: BeginUnitOfWork
    clock: Clock
    security_log: SecurityLog

    async def __call__(self, actor: Actor) -> None:
        actor.require_owner()
        if actor.session_id is None:
            raise NotAuthenticated
        async with self.begin() as uow:
            session = await uow.sessions.get(actor.session_id)
            session.revoke(at=self.clock.now())
            await uow.sessions.save(session)
            await self.security_log.note(
                uow,
                SecurityEvent.SIGNED_OUT,
                actor,
                user=session.user_id,
                subject=str(session.id),
            )
            await uow.commit()
