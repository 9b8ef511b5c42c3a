"""Sign in with a password: OAuth 2's password grant (RFC 6749 §4.3), for first parties only."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.complete_sign_in import CompleteSignIn
from application.auth.ports import Credentials, CredentialsReader, MfaTokens
from application.auth.refused_sign_in import NoteRefusedSignIn
from application.auth.views import IssuedTokens
from application.clock import Clock, NewId
from application.throttling.throttle import Throttle
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher
from domain.access import Actor, SessionId
from domain.audit import SecurityEvent
from domain.auth import InvalidCredentials
from domain.passwords import Password
from domain.totp import MFA_TOKEN_LIFE, MfaRequired, PendingSignIn
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
    mfa_tokens: MfaTokens
    complete_sign_in: CompleteSignIn
    note_refused: NoteRefusedSignIn
    clock: Clock
    new_id: NewId
    security_log: SecurityLog
    throttle: Throttle

    async def __call__(self, command: Login, actor: Actor) -> IssuedTokens:
        """Raise `MfaRequired` where the password alone will not do."""
        # Who is refused for want of time costs nothing but that.
        await self.hasher.must_have_room()
        known = await self.credentials.find(command.name, actor.origin, at=self.clock.now())
        account = _account_of(known, command.name)
        is_familiar = known is not None and known.is_familiar
        async with self.throttle.sign_in(account, actor, is_familiar=is_familiar):
            outcome = await self._check_password(command, known, actor)
        if isinstance(outcome, PendingSignIn):
            # No failure that counts: the password was right.
            raise MfaRequired(self.mfa_tokens.issue(outcome))
        return outcome

    async def _check_password(
        self, command: Login, known: Credentials | None, actor: Actor
    ) -> IssuedTokens | PendingSignIn:
        # The same work for an unknown account, so that neither answer nor time tells.
        stored = None if known is None else known.password_hash
        check = await self.hasher.verify(command.password, stored)
        if known is None or not check.matches:
            user_id = None if known is None else known.user_id
            await self.note_refused(InvalidCredentials(), user_id, actor)
            raise InvalidCredentials
        rehashed = await self.hasher.hash(command.password) if check.is_outdated else None
        try:
            return await self._sign_in(known, rehashed, actor)
        except (InvalidCredentials, InactiveUser) as refusal:
            await self.note_refused(refusal, known.user_id, actor)
            raise

    async def _sign_in(
        self, known: Credentials, rehashed: str | None, actor: Actor
    ) -> IssuedTokens | PendingSignIn:
        async with self.begin() as uow:
            try:
                user = await uow.users.get_deleted(known.user_id)
            except UserNotFound:
                raise InvalidCredentials from None
            if user.password_hash != known.password_hash or not user.may_return:
                raise InvalidCredentials
            user.must_be_active()
            if rehashed is not None:
                await uow.users.rehash(user.id, rehashed)
                user.password_hash = rehashed
            session_id = SessionId(self.new_id())
            if not await uow.totps.is_on(user.id):
                return await self.complete_sign_in(uow, user, actor, session_id)
            await self.security_log.note(uow, SecurityEvent.MFA_REQUIRED, actor, user=user)
            await uow.commit()
        return PendingSignIn(
            session_id=session_id,
            user_id=user.id,
            password_mark=self.mfa_tokens.mark(user.password_hash),
            expires_at=self.clock.now() + MFA_TOKEN_LIFE,
        )


def _account_of(known: Credentials | None, name: str) -> str:
    """By which failures are counted, whichever of its names was typed."""
    return f"name:{name.casefold()}" if known is None else str(known.user_id)
