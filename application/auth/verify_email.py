"""Verify an address by the token that was mailed to it: the account's own, or its next one."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import OneTimeTokenSecrets
from application.auth.redemption import redeem
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.one_time_tokens import MAILED_TO_THE_ACCOUNT, InvalidToken, TokenPurpose


@attrs.frozen(kw_only=True)
class VerifyEmail:
    token: str = attrs.field(repr=False)


@attrs.frozen
class VerifyEmailHandler:
    begin: BeginUnitOfWork
    secrets: OneTimeTokenSecrets
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: VerifyEmail, actor: Actor) -> None:
        """Raise `EmailTaken` where somebody else has got the next address meanwhile."""
        token_id = self.secrets.read(command.token, TokenPurpose.VERIFY_EMAIL) or self.secrets.read(
            command.token, TokenPurpose.CONFIRM_EMAIL
        )
        if token_id is None:
            raise InvalidToken
        async with self.begin() as uow:
            now = self.clock.now()
            user, token = await redeem(uow, token_id, at=now)
            if token.purpose is TokenPurpose.CONFIRM_EMAIL:
                # Told where the account was reached so far: at the address that it gives up.
                await self.security_log.note(uow, SecurityEvent.EMAIL_CHANGED, actor, user=user)
                user.change_email(token.email, at=now)
                await uow.one_time_tokens.end_all(user.id, MAILED_TO_THE_ACCOUNT)
            else:
                await self.security_log.note(uow, SecurityEvent.EMAIL_VERIFIED, actor, user=user)
                user.verify_email(at=now)
            await uow.users.save(user)
            await uow.commit()
