"""Send one mail, as the job that a use case left in the outbox."""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from application.jobs.payload import Payload
from domain.access import UserId
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
