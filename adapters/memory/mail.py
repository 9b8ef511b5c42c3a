"""Mail in memory."""

from collections.abc import Mapping

import attrs

from application.mail.ports import Mail, MailText


@attrs.define
class MemoryMailer:
    """Keeps what it was given, or fails as it is told."""

    sent: list[Mail] = attrs.field(factory=list)
    failures: list[Exception] = attrs.field(factory=list)

    async def send(self, mail: Mail) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(mail)


@attrs.frozen
class PlainMailTemplates:
    """Says what it was given, and nothing else."""

    def render(
        self, template: str, language: str, values: Mapping[str, str], *, link: str | None
    ) -> MailText:
        lines = [f"{name}: {value}" for name, value in sorted(values.items())]
        text = "\n".join([template, *lines, *([link] if link else [])])
        return MailText(subject=template, text=text, html=f"<pre>{text}</pre>", language=language)
