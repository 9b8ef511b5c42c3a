"""Get new recovery codes in the place of those that are left."""

from collections.abc import Sequence

import attrs

from application.audit.security_log import SecurityLog
from application.auth.confirm_identity import ConfirmIdentity
from application.auth.confirm_totp import new_recovery_codes
from application.clock import RandomBytes
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.passwords import Password, WrongPassword
from domain.totp import TotpNotFound


@attrs.frozen(kw_only=True)
class RenewRecoveryCodes:
    password: Password | None = None


@attrs.frozen
class RenewRecoveryCodesHandler:
    begin: BeginUnitOfWork
    confirm_identity: ConfirmIdentity
    random_bytes: RandomBytes
    security_log: SecurityLog

    async def __call__(self, command: RenewRecoveryCodes, actor: Actor) -> Sequence[str]:
        known = await self.confirm_identity.by_recent_sign_in(command.password, actor)
        codes = new_recovery_codes(self.random_bytes)
        async with self.begin() as uow:
            user = await uow.users.get(known.id)
            if user.password_hash != known.password_hash:
                raise WrongPassword
            totp = await uow.totps.find(user.id)
            if totp is None or not totp.is_on:
                raise TotpNotFound
            totp.renew_recovery_codes(codes)
            await uow.totps.save(totp)
            await self.security_log.note(
                uow, SecurityEvent.RECOVERY_CODES_RENEWED, actor, user=user
            )
            await uow.commit()
        return codes
