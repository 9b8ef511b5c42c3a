"""Ask for another mail by which one's own address is verified."""

import attrs

from application.mail.account_mail import AccountMail
from application.throttling.throttle import Throttle
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.one_time_tokens import TokenPurpose


@attrs.frozen
class RequestVerificationHandler:
    begin: BeginUnitOfWork
    account_mail: AccountMail
    throttle: Throttle

    async def __call__(self, actor: Actor) -> None:
        """An address that is verified already is not written to."""
        user_id = actor.require_owner()
        await self.throttle.mail(str(user_id), actor)
        async with self.begin() as uow:
            user = await uow.users.read(user_id)
            if user.email_verified:
                return
            await self.account_mail.send(uow, user, "verify_email", link=TokenPurpose.VERIFY_EMAIL)
            await uow.commit()
