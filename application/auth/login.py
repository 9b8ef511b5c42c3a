"""Sign in with a password: OAuth 2's password grant (RFC 6749 §4.3), for first parties only."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import AccessTokens, Credentials, CredentialsReader, RefreshSecrets
from application.auth.views import IssuedTokens
from application.clock import Clock, NewId
from application.throttling.throttle import Throttle
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher
from application.users.views import permissions_shown
from domain.access import Actor, SessionId
from domain.audit import SecurityEvent
from domain.auth import FAMILIAR_FOR, InvalidCredentials, Session, SessionLifetime
from domain.errors import DomainError
from domain.passwords import Password
from domain.users import InactiveUser, UserNotFound


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
    throttle: Throttle
    lifetime: SessionLifetime

    async def __call__(self, command: Login, actor: Actor) -> IssuedTokens:
        # Who is refused for want of time costs nothing but that.
        await self.hasher.must_have_room()
        known = await self.credentials.find(command.name, actor.origin, at=self.clock.now())
        account = _account_of(known, command.name)
        is_familiar = known is not None and known.is_familiar
        async with self.throttle.sign_in(account, actor, is_familiar=is_familiar):
            return await self._sign_in(command, known, actor)

    async def _sign_in(
        self, command: Login, known: Credentials | None, actor: Actor
    ) -> IssuedTokens:
        # The same work for an unknown account, so that neither answer nor time tells.
        stored = None if known is None else known.password_hash
        check = await self.hasher.verify(command.password, stored)
        if known is None or not check.matches:
            await self._note(InvalidCredentials(), known, actor)
            raise InvalidCredentials
        rehashed = await self.hasher.hash(command.password) if check.is_outdated else None
        try:
            return await self._open_session(known, rehashed, actor)
        except (InvalidCredentials, InactiveUser) as refusal:
            await self._note(refusal, known, actor)
            raise

    async def _note(self, refusal: DomainError, known: Credentials | None, actor: Actor) -> None:
        """Also for an unknown account, so that neither answer nor time tells; but nothing of what
        was typed in its name's place, for that may well be a password."""
        async with self.begin() as uow:
            await self.security_log.note(
                uow,
                SecurityEvent.SIGN_IN_REFUSED,
                actor,
                user=None if known is None else known.user_id,
                details={"reason": refusal.code},
            )
            await uow.commit()

    async def _open_session(
        self, known: Credentials, rehashed: str | None, actor: Actor
    ) -> IssuedTokens:
        async with self.begin() as uow:
            try:
                user = await uow.users.get_deleted(known.user_id)
            except UserNotFound:
                raise InvalidCredentials from None
            if user.password_hash != known.password_hash or not user.may_return:
                raise InvalidCredentials
            user.must_be_active()
            now = self.clock.now()
            if user.deleted_at is not None:
                user.restore(at=now)
                await uow.users.save(user)
                await self.security_log.note(
                    uow, SecurityEvent.DELETION_CANCELLED, actor, user=user
                )
            session = Session.open(
                SessionId(self.new_id()), user.id, actor.origin, self.lifetime, at=now
            )
            secret = self.refresh_secrets.fresh()
            # Looked up before this session is one of those that were seen.
            is_new_device = user.last_login_at is not None and not await uow.sessions.has_seen(
                user.id, actor.origin, since=now - FAMILIAR_FOR
            )
            await uow.sessions.add(session)
            await uow.refresh_tokens.add(
                session.next_refresh_token(secret.token_hash, self.lifetime, at=now)
            )
            await uow.users.note_login(user.id, at=now, password_hash=rehashed)
            await self.security_log.note(
                uow, SecurityEvent.SIGNED_IN, actor, user=user, subject=str(session.id)
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


def _account_of(known: Credentials | None, name: str) -> str:
    """By which failures are counted, whichever of its names was typed."""
    return f"name:{name.casefold()}" if known is None else str(known.user_id)
