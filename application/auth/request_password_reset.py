"""Ask for a mail by which a forgotten password can be replaced.

Nobody is told whether there is such an account, and nothing about the answer may tell: the same
work is done for every address, which is to leave a job (see `MailPasswordReset`).
"""

import hashlib

import attrs

from application.auth.mail_password_reset import MailPasswordReset
from application.clock import Clock, NewId
from application.throttling.throttle import Throttle
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.email import email_key
from domain.jobs import JobId


@attrs.frozen(kw_only=True)
class RequestPasswordReset:
    email: str


@attrs.frozen
class RequestPasswordResetHandler:
    begin: BeginUnitOfWork
    clock: Clock
    new_id: NewId
    throttle: Throttle

    async def __call__(self, command: RequestPasswordReset, actor: Actor) -> None:
        mail = MailPasswordReset.asked_for(command.email, actor.origin)
        # Counted by the address, whoever has it, if anybody.
        account = hashlib.sha256(email_key(command.email).encode()).hexdigest()[:32]
        await self.throttle.mail(account, actor)
        async with self.begin() as uow:
            await uow.outbox.add(mail, job_id=JobId(self.new_id()), at=self.clock.now())
            await uow.commit()
