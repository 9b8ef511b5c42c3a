"""Exchange a refresh token for a new pair, and notice when one comes twice (RFC 9700 §4.14.2)."""

from datetime import datetime, timedelta

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import AccessTokens, RefreshSecret, RefreshSecrets
from application.auth.views import IssuedTokens
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from application.users.views import permissions_shown
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.auth import (
    InvalidCredentials,
    RefreshToken,
    Session,
    SessionLifetime,
    TokenExpired,
    TokenRevoked,
)
from domain.users import User, UserNotFound


@attrs.frozen(kw_only=True)
class Refresh:
    refresh_token: str = attrs.field(repr=False)


@attrs.frozen
class RefreshReuseLeeway:
    """For how long a repeat of a spent token gets the same successor again."""

    duration: timedelta = timedelta(0)


@attrs.frozen
class RefreshHandler:
    begin: BeginUnitOfWork
    access_tokens: AccessTokens
    refresh_secrets: RefreshSecrets
    clock: Clock
    security_log: SecurityLog
    lifetime: SessionLifetime
    leeway: RefreshReuseLeeway

    async def __call__(self, command: Refresh, actor: Actor) -> IssuedTokens:
        now = self.clock.now()
        presented = self.refresh_secrets.hash(command.refresh_token)
        successor = self.refresh_secrets.successor(command.refresh_token)
        async with self.begin() as uow:
            token = await uow.refresh_tokens.spend(presented, at=now)
            if token is None:
                session = await self._session_of_repeat(uow, presented, actor, now)
            else:
                session = await self._rotate(uow, token, successor, now)
            user = await uow.users.read(session.user_id)
            user.must_be_active()
            granted = await uow.roles.permissions_of(user.roles)
            await uow.commit()

        access = self.access_tokens.issue(user.id, session.id)
        return IssuedTokens(
            access_token=access.text,
            expires_in=access.expires_in,
            refresh_token=successor.text,
            scope=" ".join(permissions_shown(user, granted)),
        )

    async def _rotate(
        self, uow: UnitOfWork, token: RefreshToken, successor: RefreshSecret, now: datetime
    ) -> Session:
        session = await uow.sessions.get(token.session_id)
        session.use(at=now)
        await uow.sessions.save(session)
        await uow.refresh_tokens.add(
            session.next_refresh_token(successor.token_hash, self.lifetime, at=now)
        )
        return session

    async def _session_of_repeat(
        self, uow: UnitOfWork, presented: bytes, actor: Actor, now: datetime
    ) -> Session:
        token = await uow.refresh_tokens.find(presented)
        if token is None:
            raise InvalidCredentials("The refresh token is not valid.")
        if token.spent_at is None:
            raise TokenExpired
        session = await uow.sessions.get(token.session_id)
        if token.was_spent_within(self.leeway.duration, at=now):
            session.use(at=now)
            return session
        if session.revoked_at is not None:
            # Told already: whoever repeats it again and again fills neither trail nor mailbox.
            raise TokenRevoked
        session.revoke(at=now)
        await uow.sessions.save(session)
        user = await _owner_of(session, uow)
        await self.security_log.note(
            uow, SecurityEvent.REFRESH_TOKEN_REUSED, actor, user=user, subject=str(session.id)
        )
        # Committed although the answer is a refusal: whoever stole the token loses it too.
        await uow.commit()
        raise TokenRevoked


async def _owner_of(session: Session, uow: UnitOfWork) -> User | None:
    """None where the account is deleted: its sessions end all the same."""
    try:
        return await uow.users.read(session.user_id)
    except UserNotFound:
        return None
