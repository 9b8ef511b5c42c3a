"""Turn the authenticator app on, once it is seen to work."""

from collections.abc import Sequence

import attrs

from application.audit.security_log import SecurityLog
from application.auth.second_factor import SecondFactor
from application.clock import Clock, RandomBytes
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.totp import (
    RECOVERY_CODE_LENGTH,
    RECOVERY_CODES,
    InvalidCode,
    TotpAlreadyOn,
    TotpNotFound,
    recovery_code,
)


@attrs.frozen(kw_only=True)
class ConfirmTotp:
    code: str = attrs.field(repr=False)


@attrs.frozen
class ConfirmTotpHandler:
    begin: BeginUnitOfWork
    second_factor: SecondFactor
    random_bytes: RandomBytes
    clock: Clock
    security_log: SecurityLog

    async def __call__(self, command: ConfirmTotp, actor: Actor) -> Sequence[str]:
        """The recovery codes, which are shown this once."""
        user_id = actor.require_owner()
        async with self.begin() as uow:
            user = await uow.users.get(user_id)
            totp = await uow.totps.find(user.id)
            if totp is None:
                raise TotpNotFound
            if totp.is_on:
                raise TotpAlreadyOn
            if not await self.second_factor.accepts_totp(uow, totp, command.code):
                await self.second_factor.note_refusal(uow, totp, user, actor)
                raise InvalidCode
            codes = new_recovery_codes(self.random_bytes)
            totp.confirm(at=self.clock.now())
            totp.renew_recovery_codes(codes)
            await uow.totps.save(totp)
            await self.security_log.note(uow, SecurityEvent.TOTP_ENABLED, actor, user=user)
            await uow.commit()
        return codes


def new_recovery_codes(random_bytes: RandomBytes) -> list[str]:
    return [recovery_code(random_bytes(RECOVERY_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
