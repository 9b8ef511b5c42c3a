"""What was left to be mailed, and what its readers do with it."""

from collections.abc import Sequence

from adapters.memory.security import PlainOneTimeTokenSecrets
from application.mail.send_mail import SendMail
from domain.audit import SecurityEvent
from domain.one_time_tokens import OneTimeToken
from tests.application.service import Service


def mails(service: Service) -> Sequence[SendMail]:
    """In the order in which they were left."""
    stored = sorted(service.stored.jobs.scan(), key=lambda stored: stored.job.id)
    return [each.payload for each in stored if isinstance(each.payload, SendMail)]


def addressed(service: Service) -> list[tuple[str, str]]:
    """To whom, and which."""
    return [(mail.to, mail.template) for mail in mails(service)]


def token_in(mail: SendMail) -> str:
    assert mail.link is not None
    return PlainOneTimeTokenSecrets().text_of(mail.link.purpose, mail.link.token_id)


def text_of(token: OneTimeToken) -> str:
    return PlainOneTimeTokenSecrets().text_of(token.purpose, token.id)


def events(service: Service) -> list[str]:
    entries = sorted(service.stored.audit.scan(), key=lambda entry: entry.id)
    return [SecurityEvent(entry.event).value for entry in entries]
