"""What writing to people needs from outside."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import attrs

from domain.jobs import JobId


@attrs.frozen(kw_only=True)
class MailText:
    """What a mail says, twice: as text, and as HTML that says the same."""

    subject: str
    text: str = attrs.field(repr=False)
    html: str = attrs.field(repr=False)
    language: str
    """The one that it is written in, which is not always the one that was asked for."""


class MailTemplates(Protocol):
    def render(
        self, template: str, language: str, values: Mapping[str, str], *, link: str | None
    ) -> MailText:
        """In English where nobody has translated it. Raise `Permanent` for an unknown template, or
        one that wants a value which is not given."""
        ...


@attrs.frozen(kw_only=True)
class Mail:
    id: JobId
    """The same at every attempt, so that whoever is sent it twice can tell."""
    to: str = attrs.field(repr=False)
    written_at: datetime
    content: MailText


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Return once somebody else answers for it. Raise `Permanent` where it will never be
        taken; any other failure may pass. Gives up within a bounded time."""
        ...
