"""Send one mail, as the job that a use case left in the outbox."""

import pytest

from application.jobs.failure import Permanent
from application.mail.send_mail import MailLink, SendMail, SendMailHandler
from domain.access import UserId
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose
from tests.application.service import Service
from tests.builders import a_job, new_id

MAIL = SendMail(
    template="welcome",
    to="ann@example.com",
    user_id=UserId(new_id()),
    language="de",
    values={"name": "Ann"},
    link=MailLink(purpose=TokenPurpose.VERIFY_EMAIL, token_id=OneTimeTokenId(new_id())),
)


async def test_sends_what_the_template_says(service: Service) -> None:
    job = a_job()
    await service[SendMailHandler](MAIL, job)
    [mail] = service.mailer.sent
    assert (mail.id, mail.to, mail.written_at) == (job.id, "ann@example.com", service.clock.now())
    assert (mail.content.subject, mail.content.language) == ("welcome", "de")
    assert "name: Ann" in mail.content.text


async def test_makes_the_link_when_it_is_sent_and_the_same_each_time(service: Service) -> None:
    handler = service[SendMailHandler]
    for _ in range(2):
        await handler(MAIL, a_job())
    first, second = service.mailer.sent
    assert MAIL.link is not None
    token = handler.secrets.text_of(MAIL.link.purpose, MAIL.link.token_id)
    assert f"https://app.example.com/verify-email#token={token}" in first.content.text
    assert first.content == second.content
    assert token not in repr(MAIL)


async def test_what_the_mailer_refuses_is_the_jobs_failure(service: Service) -> None:
    service.mailer.failures = [Permanent("550 no such mailbox")]
    with pytest.raises(Permanent):
        await service[SendMailHandler](MAIL, a_job())
    assert service.mailer.sent == []
