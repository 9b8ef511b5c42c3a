"""Take an account's address for verified on the operator's word."""

import attrs

from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, UserId
from domain.audit import SecurityEvent
from domain.one_time_tokens import TokenPurpose


@attrs.frozen(kw_only=True)
class VouchForEmail:
    user_id: UserId


@attrs.frozen
class VouchForEmailHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: VouchForEmail, actor: Actor) -> None:
        actor.require_superuser("Only a superuser vouches for another's address.")
        async with self.begin() as uow:
            user = await uow.users.get(command.user_id)
            if user.email_verified:
                return
            user.verify_email(at=self.clock.now())
            await uow.users.save(user)
            await uow.one_time_tokens.end_all(user.id, {TokenPurpose.VERIFY_EMAIL})
            await self.security_log.note(uow, SecurityEvent.EMAIL_VERIFIED, actor, user=user)
            await uow.commit()
