"""The end of every sign-in, whatever was asked for before."""

from collections.abc import Mapping

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import AccessTokens, RefreshSecrets
from application.auth.views import IssuedTokens
from application.clock import Clock
from application.unit_of_work import UnitOfWork
from application.users.views import permissions_shown
from domain.access import Actor, SessionId
from domain.audit import SecurityEvent
from domain.auth import FAMILIAR_FOR, Session, SessionLifetime
from domain.text import Json
from domain.users import User


@attrs.frozen
class CompleteSignIn:
    """Opens the session and commits."""

    access_tokens: AccessTokens
    refresh_secrets: RefreshSecrets
    clock: Clock
    security_log: SecurityLog
    lifetime: SessionLifetime

    async def __call__(
        self,
        uow: UnitOfWork,
        user: User,
        actor: Actor,
        session_id: SessionId,
        *,
        details: Mapping[str, Json] | None = None,
    ) -> IssuedTokens:
        now = self.clock.now()
        if user.deleted_at is not None:
            user.restore(at=now)
            await uow.users.save(user)
            await self.security_log.note(uow, SecurityEvent.DELETION_CANCELLED, actor, user=user)
        session = Session.open(session_id, user.id, actor.origin, self.lifetime, at=now)
        secret = self.refresh_secrets.fresh()
        # Looked up before this session is one of those that were seen.
        is_new_device = user.last_login_at is not None and not await uow.sessions.has_seen(
            user.id, actor.origin, since=now - FAMILIAR_FOR
        )
        await uow.sessions.add(session)
        await uow.refresh_tokens.add(
            session.next_refresh_token(secret.token_hash, self.lifetime, at=now)
        )
        await uow.users.note_login(user.id, at=now)
        await self.security_log.note(
            uow,
            SecurityEvent.SIGNED_IN,
            actor,
            user=user,
            subject=str(session.id),
            details=details,
        )
        if is_new_device:
            await self.security_log.note(
                uow, SecurityEvent.NEW_DEVICE, actor, user=user, subject=str(session.id)
            )
        granted = await uow.roles.permissions_of(user.roles)
        await uow.commit()

        access = self.access_tokens.issue(user.id, session.id)
        return IssuedTokens(
            access_token=access.text,
            expires_in=access.expires_in,
            refresh_token=secret.text,
            scope=" ".join(permissions_shown(user, granted)),
        )
