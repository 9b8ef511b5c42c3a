"""Mail the link by which a forgotten password can be replaced, where there is such an account."""

from typing import ClassVar

import attrs

from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.jobs.payload import Payload
from application.mail.account_mail import AccountMail
from application.unit_of_work import BeginUnitOfWork
from domain.access import ANONYMOUS, Origin
from domain.audit import SecurityEvent
from domain.jobs import Job
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose


@attrs.frozen(kw_only=True)
class MailPasswordReset(Payload):
    """The job that `RequestPasswordReset` leaves, with what is known of who asked."""

    kind: ClassVar[str] = "auth.mail_password_reset"
    queue: ClassVar[str] = "mail"

    email: str = attrs.field(repr=False)
    address: str | None
    user_agent: str | None
    request_id: str | None

    @classmethod
    def asked_for(cls, email: str, origin: Origin) -> "MailPasswordReset":
        return cls(
            email=email,
            address=origin.address,
            user_agent=origin.user_agent,
            request_id=origin.request_id,
        )

    @property
    def origin(self) -> Origin:
        return Origin(address=self.address, user_agent=self.user_agent, request_id=self.request_id)


@attrs.frozen
class MailPasswordResetHandler:
    begin: BeginUnitOfWork
    account_mail: AccountMail
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, payload: MailPasswordReset, job: Job) -> None:
        """Where no live account has the address, the trail alone hears of it."""
        asking = ANONYMOUS.calling_from(lambda: payload.origin)
        # Called as the job is, so that a job that is run again finds its work done.
        token_id = OneTimeTokenId(job.id)
        async with self.begin() as uow:
            if await uow.one_time_tokens.find(token_id, at=self.clock.now()):
                return
            user = await uow.users.find_by_email(payload.email)
            if user is not None and user.may_act:
                await self.account_mail.send(
                    uow,
                    user,
                    "reset_password",
                    link=TokenPurpose.RESET_PASSWORD,
                    token_id=token_id,
                )
            await self.security_log.note(
                uow, SecurityEvent.PASSWORD_RESET_REQUESTED, asking, user=user
            )
            await uow.commit()
