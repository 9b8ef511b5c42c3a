"""Replace a forgotten password, by the token from a mail; every session ends."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import OneTimeTokenSecrets
from application.auth.redemption import addressee_of, redeem
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.ports import PasswordHasher, PasswordStrength
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.one_time_tokens import ASKED_FOR_BY_PASSWORD, InvalidToken, TokenPurpose
from domain.passwords import Password


@attrs.frozen(kw_only=True)
class ResetPassword:
    token: str = attrs.field(repr=False)
    new_password: Password


@attrs.frozen
class ResetPasswordHandler:
    """Signs nobody in, so that a second factor is asked for as ever."""

    begin: BeginUnitOfWork
    secrets: OneTimeTokenSecrets
    hasher: PasswordHasher
    strength: PasswordStrength
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: ResetPassword, actor: Actor) -> None:
        token_id = self.secrets.read(command.token, TokenPurpose.RESET_PASSWORD)
        if token_id is None:
            raise InvalidToken
        command.new_password.must_be_acceptable("new_password")
        # Not spent yet: whoever chooses a weak password may choose again.
        async with self.begin() as uow:
            known, _ = await addressee_of(uow, token_id, at=self.clock.now())
        context = [known.email, known.username, known.full_name or ""]
        await self.strength.check(command.new_password, field="new_password", context=context)
        password_hash = await self.hasher.hash(command.new_password)

        async with self.begin() as uow:
            now = self.clock.now()
            user, token = await redeem(uow, token_id, at=now)
            user.change_password(password_hash, at=now)
            if user.email == token.email:
                user.verify_email(at=now)
            await uow.users.save(user)
            await uow.sessions.revoke_all(user.id, at=now)
            await uow.one_time_tokens.end_all(user.id, ASKED_FOR_BY_PASSWORD)
            await self.security_log.note(uow, SecurityEvent.PASSWORD_RESET, actor, user=user)
            await uow.commit()
