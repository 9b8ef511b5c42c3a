"""Send one mail, as the job that a use case left in the outbox."""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from application.auth.ports import OneTimeTokenSecrets
from application.clock import Clock
from application.jobs.payload import Payload
from application.mail.ports import Mail, Mailer, MailTemplates
from domain.access import UserId
from domain.jobs import Job
from domain.one_time_tokens import OneTimeTokenId, TokenPurpose


@attrs.frozen(kw_only=True)
class MailLink:
    """Where the reader can go on; its secret is worked out when the mail is rendered."""

    purpose: TokenPurpose = attrs.field(converter=TokenPurpose)
    token_id: OneTimeTokenId


@attrs.frozen(kw_only=True)
class SendMail(Payload):
    """A mail to be rendered when it is sent, for a link's secret is stored nowhere."""

    kind: ClassVar[str] = "mail.send"
    queue: ClassVar[str] = "mail"

    template: str
    to: str = attrs.field(repr=False)
    user_id: UserId
    language: str
    values: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    """What the template tells; never a secret."""
    link: MailLink | None = None


@attrs.frozen
class AppUrl:
    """Where the pages are that the links in mails lead to; never taken from a request."""

    base: str

    def page(self, purpose: TokenPurpose, token: str) -> str:
        """With the token in the fragment, which no browser sends and no server logs."""
        return f"{self.base}/{purpose}#token={token}"


@attrs.frozen
class SendMailHandler:
    templates: MailTemplates
    mailer: Mailer
    secrets: OneTimeTokenSecrets
    app_url: AppUrl
    clock: Clock

    async def __call__(self, payload: SendMail, job: Job) -> None:
        link = None if payload.link is None else self._url_of(payload.link)
        content = self.templates.render(
            payload.template, payload.language, payload.values, link=link
        )
        mail = Mail(id=job.id, to=payload.to, written_at=self.clock.now(), content=content)
        await self.mailer.send(mail)

    def _url_of(self, link: MailLink) -> str:
        token = self.secrets.text_of(link.purpose, link.token_id)
        return self.app_url.page(link.purpose, token)
