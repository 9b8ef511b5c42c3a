"""Turn one's authenticator app off."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.confirm_identity import ConfirmIdentity
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.passwords import Password, WrongPassword
from domain.totp import TotpNotFound


@attrs.frozen(kw_only=True)
class TurnOffTotp:
    password: Password


@attrs.frozen
class TurnOffTotpHandler:
    begin: BeginUnitOfWork
    confirm_identity: ConfirmIdentity
    security_log: SecurityLog

    async def __call__(self, command: TurnOffTotp, actor: Actor) -> None:
        known = await self.confirm_identity.by_password(command.password, actor)
        async with self.begin() as uow:
            user = await uow.users.get(known.id)
            if user.password_hash != known.password_hash:
                raise WrongPassword
            totp = await uow.totps.find(user.id)
            if totp is None:
                raise TotpNotFound
            await uow.totps.remove(user.id)
            if totp.is_on:
                await self.security_log.note(uow, SecurityEvent.TOTP_DISABLED, actor, user=user)
            await uow.commit()
