"""The second step of a sign-in: the code, after the password was right."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.complete_sign_in import CompleteSignIn
from application.auth.ports import MfaTokens
from application.auth.refused_sign_in import NoteRefusedSignIn
from application.auth.second_factor import SecondFactor
from application.auth.views import IssuedTokens
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from domain.access import Actor, SessionId
from domain.audit import SecurityEvent
from domain.auth import InvalidCredentials, SessionNotFound, TokenExpired, TokenRevoked
from domain.totp import MfaMethod, PendingSignIn
from domain.users import InactiveUser, User, UserNotFound


@attrs.frozen(kw_only=True)
class LoginMfa:
    mfa_token: str = attrs.field(repr=False)
    code: str = attrs.field(repr=False)


@attrs.frozen
class LoginMfaHandler:
    begin: BeginUnitOfWork
    mfa_tokens: MfaTokens
    second_factor: SecondFactor
    complete_sign_in: CompleteSignIn
    note_refused: NoteRefusedSignIn
    clock: Clock
    security_log: SecurityLog

    async def __call__(self, command: LoginMfa, actor: Actor) -> IssuedTokens:
        pending = self.mfa_tokens.read(command.mfa_token)
        if pending is None:
            raise InvalidCredentials("The token is not one of a sign-in that waits for a code.")
        if self.clock.now() >= pending.expires_at:
            raise TokenExpired
        try:
            return await self._sign_in(pending, command.code, actor)
        except (TokenRevoked, InactiveUser) as refusal:
            await self.note_refused(refusal, pending.user_id, actor)
            raise

    async def _sign_in(self, pending: PendingSignIn, code: str, actor: Actor) -> IssuedTokens:
        async with self.begin() as uow:
            user = await self._user_of(pending, uow)
            totp = await uow.totps.find(user.id)
            if totp is None or not totp.is_on or await _is_spent(pending.session_id, uow):
                raise TokenRevoked("Sign in again.")
            method = await self.second_factor.accepts(uow, totp, code)
            if method is None:
                await self.second_factor.note_refusal(uow, totp, user, actor)
                raise InvalidCredentials("The code is not valid.")
            if method is MfaMethod.RECOVERY_CODE:
                await self.security_log.note(
                    uow, SecurityEvent.RECOVERY_CODE_USED, actor, user=user
                )
            return await self.complete_sign_in(
                uow, user, actor, pending.session_id, details={"mfa": method.value}
            )

    async def _user_of(self, pending: PendingSignIn, uow: UnitOfWork) -> User:
        """Locked; raise `TokenRevoked` where the password is another by now."""
        try:
            user = await uow.users.get_deleted(pending.user_id)
        except UserNotFound:
            raise TokenRevoked("Sign in again.") from None
        is_same = self.mfa_tokens.mark(user.password_hash) == pending.password_mark
        if not is_same or not user.may_return:
            raise TokenRevoked("Sign in again.")
        user.must_be_active()
        return user


async def _is_spent(session_id: SessionId, uow: UnitOfWork) -> bool:
    try:
        await uow.sessions.get(session_id)
    except SessionNotFound:
        return False
    return True
