"""End the session that a token belongs to (RFC 7009)."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import AccessTokens, RefreshSecrets
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from domain.access import Actor, SessionId
from domain.audit import SecurityEvent
from domain.errors import Unauthenticated


@attrs.frozen(kw_only=True)
class RevokeToken:
    token: str = attrs.field(repr=False)


@attrs.frozen
class RevokeTokenHandler:
    """Whoever holds the token may give it up. Nothing is said of one that is not known, or no
    longer good (RFC 7009 §2.2)."""

    begin: BeginUnitOfWork
    access_tokens: AccessTokens
    refresh_secrets: RefreshSecrets
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: RevokeToken, actor: Actor) -> None:
        async with self.begin() as uow:
            session_id = await self._session_of(command.token, uow)
            if session_id is None:
                return
            session = await uow.sessions.get(session_id)
            if session.revoked_at is not None:
                return
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

    async def _session_of(self, text: str, uow: UnitOfWork) -> SessionId | None:
        token = await uow.refresh_tokens.find(self.refresh_secrets.hash(text))
        if token is not None:
            return token.session_id
        try:
            return self.access_tokens.verify(text).session_id
        except Unauthenticated:
            return None
