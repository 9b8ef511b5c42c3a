"""Ask for another address; it counts once somebody follows the link that is mailed to it."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.confirm_identity import ConfirmIdentity
from application.mail.account_mail import AccountMail
from application.throttling.throttle import Throttle
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.email import clean_email
from domain.one_time_tokens import TokenPurpose
from domain.passwords import Password, WrongPassword


@attrs.frozen(kw_only=True)
class RequestEmailChange:
    new_email: str
    password: Password


@attrs.frozen
class RequestEmailChangeHandler:
    begin: BeginUnitOfWork
    confirm_identity: ConfirmIdentity
    account_mail: AccountMail
    throttle: Throttle
    security_log: SecurityLog

    async def __call__(self, command: RequestEmailChange, actor: Actor) -> None:
        """Whoever asks is not told whether the address is taken; whoever has it is."""
        new_email = clean_email(command.new_email)
        known = await self.confirm_identity.by_password(command.password, actor)
        await self.throttle.mail(str(known.id), actor)
        async with self.begin() as uow:
            user = await uow.users.get(known.id)
            if user.password_hash != known.password_hash:
                raise WrongPassword
            holder = await uow.users.find_by_email(new_email)
            await uow.one_time_tokens.end_all(user.id, {TokenPurpose.CONFIRM_EMAIL})
            if holder is None or holder.id == user.id:
                await self.account_mail.send(
                    uow, user, "confirm_email", link=TokenPurpose.CONFIRM_EMAIL, to=new_email
                )
            else:
                await self.account_mail.send(uow, holder, "email_taken")
            await self.security_log.note(
                uow, SecurityEvent.EMAIL_CHANGE_REQUESTED, actor, user=user
            )
            await uow.commit()
