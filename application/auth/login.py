"""Sign in with a password: OAuth 2's password grant (RFC 6749 §4.3), for first parties only."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import AccessTokens, CredentialsReader, RefreshSecrets
from application.auth.views import IssuedTokens
from application.clock import Clock, NewId
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher
from application.users.views import permissions_shown
from domain.access import Actor, SessionId
from domain.audit import SecurityEvent
from domain.auth import InvalidCredentials, Session, SessionLifetime
from domain.passwords import Password
from domain.users import UserNotFound


@attrs.frozen(kw_only=True)
class Login:
    name: str
    """An email or a username."""
    password: Password


@attrs.frozen
class LoginHandler:
    begin: BeginUnitOfWork
    credentials: CredentialsReader
    hasher: PasswordHasher
    access_tokens: AccessTokens
    refresh_secrets: RefreshSecrets
    clock: Clock
    new_id: NewId
    security_log: SecurityLog
    lifetime: SessionLifetime

    async def __call__(self, command: Login, actor: Actor) -> IssuedTokens:
        known = await self.credentials.find(command.name)
        # The same work for an unknown account, so that neither answer nor time tells.
        stored = None if known is None else known.password_hash
        check = await self.hasher.verify(command.password, stored)
        if known is None or not check.matches:
            raise InvalidCredentials
        rehashed = await self.hasher.hash(command.password) if check.is_outdated else None

        async with self.begin() as uow:
            try:
                user = await uow.users.get(known.user_id)
            except UserNotFound:
                raise InvalidCredentials from None
            if user.password_hash != known.password_hash:
                raise InvalidCredentials
            user.must_be_active()
            now = self.clock.now()
            session = Session.open(
                SessionId(self.new_id()), user.id, actor.origin, self.lifetime, at=now
            )
            secret = self.refresh_secrets.fresh()
            await uow.sessions.add(session)
            await uow.refresh_tokens.add(
                session.next_refresh_token(secret.token_hash, self.lifetime, at=now)
            )
            await uow.users.note_login(user.id, at=now, password_hash=rehashed)
            await self.security_log.note(
                uow, SecurityEvent.SIGNED_IN, actor, user=user, subject=str(session.id)
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
