"""Let somebody in again who has lost the authenticator app and the recovery codes: an operator
who made sure of who they are takes the app off their account."""

import attrs

from application.audit.security_log import SecurityLog
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, UserId
from domain.audit import SecurityEvent
from domain.totp import TotpNotFound


@attrs.frozen(kw_only=True)
class ResetTotp:
    user_id: UserId


@attrs.frozen
class ResetTotpHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog

    async def __call__(self, command: ResetTotp, actor: Actor) -> None:
        actor.require_superuser("Only a superuser takes an authenticator app off an account.")
        async with self.begin() as uow:
            user = await uow.users.get(command.user_id)
            if await uow.totps.find(user.id) is None:
                raise TotpNotFound("The account has no authenticator app.")
            await uow.totps.remove(user.id)
            await self.security_log.note(uow, SecurityEvent.TOTP_DISABLED, actor, user=user)
            await uow.commit()
