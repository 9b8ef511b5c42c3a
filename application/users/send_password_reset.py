"""Mail an account the link to a new password, or to its first one, at the operator's wish."""

import attrs

from application.audit.security_log import SecurityLog
from application.mail.account_mail import AccountMail
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, UserId
from domain.audit import SecurityEvent
from domain.one_time_tokens import TokenPurpose


@attrs.frozen(kw_only=True)
class SendPasswordReset:
    user_id: UserId


@attrs.frozen
class SendPasswordResetHandler:
    begin: BeginUnitOfWork
    account_mail: AccountMail
    security_log: SecurityLog

    async def __call__(self, command: SendPasswordReset, actor: Actor) -> None:
        """Raise `InactiveUser`, who could not use it."""
        actor.require_superuser("Only a superuser has another sent a link.")
        async with self.begin() as uow:
            user = await uow.users.read(command.user_id)
            user.must_be_active()
            await self.account_mail.send(
                uow, user, "reset_password", link=TokenPurpose.RESET_PASSWORD
            )
            await self.security_log.note(
                uow, SecurityEvent.PASSWORD_RESET_REQUESTED, actor, user=user
            )
            await uow.commit()
