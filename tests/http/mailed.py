"""What a caller finds in their mail."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from adapters.postgres.job_queue import PostgresJobQueue
from adapters.postgres.payloads import Payloads
from application.auth.mail_password_reset import MailPasswordReset, MailPasswordResetHandler
from application.auth.reset_password import ResetPasswordHandler
from application.mail.send_mail import SendMail
from domain.access import UserId
from domain.jobs import Lease
from domain.one_time_tokens import OneTimeToken, OneTimeTokenId, TokenPurpose
from tests.builders import new_id
from tests.http.callers import Caller
from tests.http.client import Client


async def mailed_token(
    caller: Caller,
    purpose: TokenPurpose,
    *,
    email: str | None = None,
    age_minutes: int = 0,
) -> str:
    """One more, made some time ago, in the place of the one before."""
    handler = caller.inside.services[ResetPasswordHandler]
    created_at = datetime.now(UTC) - timedelta(minutes=age_minutes)
    token = OneTimeToken(
        id=OneTimeTokenId(new_id()),
        purpose=purpose,
        user_id=UserId(UUID(caller.user_id)),
        email=email or caller.email,
        created_at=created_at,
        expires_at=created_at + timedelta(hours=1),
    )
    async with handler.begin() as uow:
        await uow.one_time_tokens.add(token)
        await uow.commit()
    return handler.secrets.text_of(purpose, token.id)


async def new_mails(client: Client) -> Sequence[SendMail]:
    """What was left to be sent since this was last asked, in the order in which it was left."""
    queue = PostgresJobQueue(client.inside.database, Payloads([MailPasswordReset, SendMail]))
    mails: list[SendMail] = []
    while claimed := await queue.claim(100, at=datetime.now(UTC), lease=Lease()):
        for each in sorted(claimed, key=lambda each: each.job.id):
            match each.payload:
                case SendMail() as mail:
                    mails.append(mail)
                case MailPasswordReset() as asked:
                    await client.inside.services[MailPasswordResetHandler](asked, each.job)
    return mails


def token_in(mail: SendMail, client: Client) -> str:
    """As the link has it."""
    assert mail.link is not None
    secrets = client.inside.services[ResetPasswordHandler].secrets
    return secrets.text_of(mail.link.purpose, mail.link.token_id)
