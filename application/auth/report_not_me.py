"""Say of what a mail told that it was somebody else: whoever is in the account is out of it, and
its owner is shown the way to a new password."""

import attrs

from application.audit.security_log import SecurityLog
from application.auth.ports import OneTimeTokenSecrets
from application.auth.redemption import redeem
from application.clock import Clock
from application.mail.account_mail import AccountMail
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from domain.access import Actor
from domain.audit import SecurityEvent
from domain.one_time_tokens import (
    ASKED_FOR_BY_PASSWORD,
    MAILED_TO_THE_ACCOUNT,
    InvalidToken,
    TokenPurpose,
)
from domain.users import User


@attrs.frozen(kw_only=True)
class ReportNotMe:
    token: str = attrs.field(repr=False)


@attrs.frozen
class ReportNotMeHandler:
    begin: BeginUnitOfWork
    secrets: OneTimeTokenSecrets
    account_mail: AccountMail
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: ReportNotMe, actor: Actor) -> None:
        token_id = self.secrets.read(command.token, TokenPurpose.NOT_ME)
        if token_id is None:
            raise InvalidToken
        async with self.begin() as uow:
            now = self.clock.now()
            user, token = await redeem(uow, token_id, at=now)
            if user.deleted_at is not None:
                user.restore(at=now)
                await uow.users.save(user)
                await self.security_log.note(
                    uow, SecurityEvent.DELETION_CANCELLED, actor, user=user.id
                )
            await uow.sessions.revoke_all(user.id, at=now)
            # Made by whoever it was, for coming back.
            api_keys = await uow.api_keys.remove_all(user.id)
            await uow.one_time_tokens.end_all(
                user.id, ASKED_FOR_BY_PASSWORD | MAILED_TO_THE_ACCOUNT
            )
            if user.email != token.email and await _is_free(token.email, user, uow):
                # Changed since the mail, and so not by whoever reads it.
                user.change_email(token.email, at=now)
                await uow.users.save(user)
            await self.security_log.note(
                uow, SecurityEvent.NOT_ME, actor, user=user, details={"api_keys_revoked": api_keys}
            )
            await self.account_mail.send(
                uow, user, "reset_password", link=TokenPurpose.RESET_PASSWORD, to=token.email
            )
            await uow.commit()


async def _is_free(email: str, user: User, uow: UnitOfWork) -> bool:
    holder = await uow.users.find_by_email(email)
    return holder is None or holder.id == user.id
