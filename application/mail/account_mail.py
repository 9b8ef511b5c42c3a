"""How every other use case writes to an account's owner."""

from collections.abc import Mapping

import attrs

from application.clock import Clock, NewId
from application.mail.send_mail import MailLink, SendMail
from application.unit_of_work import UnitOfWork
from domain.jobs import JobId
from domain.one_time_tokens import OneTimeToken, OneTimeTokenId, TokenLifetime, TokenPurpose
from domain.users import User


@attrs.frozen
class AccountMail:
    """Leaves a mail in the outbox, and with it the token that its link is made of: both in the
    transaction of what it tells of."""

    clock: Clock
    new_id: NewId
    lifetime: TokenLifetime

    async def send(
        self,
        uow: UnitOfWork,
        user: User,
        template: str,
        *,
        link: TokenPurpose | None = None,
        to: str | None = None,
        token_id: OneTimeTokenId | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        """`to` is where the account's own address is not meant. Whoever is sent a link is the only
        one who can follow it, and no older link of its kind is good any more."""
        now = self.clock.now()
        address = to or user.email
        mail = SendMail(
            template=template,
            to=address,
            user_id=user.id,
            language=user.language,
            values=values or {},
            link=None if link is None else await self._link(uow, user, link, address, token_id),
        )
        await uow.outbox.add(mail, job_id=JobId(self.new_id()), at=now)

    async def _link(
        self,
        uow: UnitOfWork,
        user: User,
        purpose: TokenPurpose,
        address: str,
        token_id: OneTimeTokenId | None,
    ) -> MailLink:
        now = self.clock.now()
        token = OneTimeToken(
            id=token_id or OneTimeTokenId(self.new_id()),
            purpose=purpose,
            user_id=user.id,
            email=address,
            created_at=now,
            expires_at=now + self.lifetime.duration,
        )
        await uow.one_time_tokens.add(token)
        return MailLink(purpose=purpose, token_id=token.id)
