"""What a mail is given to."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from adapters.mail.kept import KeptMailer, kept_mails
from adapters.mail.message import Sender
from adapters.mail.smtp import SmtpMailer, SmtpSettings
from adapters.memory.mail import MemoryMailer
from application.mail.ports import Mail, Mailer, MailText
from domain.jobs import JobId
from tests.builders import new_id
from tests.mail_server import mail_server

SENDER = Sender.parse("Tessera <tessera@example.com>")


def a_mail(to: str = "ann@example.com") -> Mail:
    content = MailText(subject="Grüße", text="Hällo\n", html="<p>Hällo</p>", language="de")
    return Mail(
        id=JobId(new_id()),
        to=to,
        written_at=datetime(2026, 3, 14, 12, 0, tzinfo=UTC),
        content=content,
    )


@attrs.frozen
class Post:
    mailer: Mailer
    arrived: Callable[[], list[tuple[str, str]]]
    """To whom, and about what."""


@pytest.fixture(params=["memory", "kept", "smtp"])
async def post(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Post]:
    match request.param:
        case "memory":
            memory = MemoryMailer()
            yield Post(memory, lambda: [(each.to, each.content.subject) for each in memory.sent])
        case "kept":
            mailer = KeptMailer(SENDER, tmp_path / "mail")
            yield Post(
                mailer, lambda: [(each.to, each.subject) for each in kept_mails(tmp_path / "mail")]
            )
        case _:
            async with mail_server() as server:
                settings = SmtpSettings(host="127.0.0.1", port=server.port, starttls=False)
                yield Post(
                    SmtpMailer(SENDER, settings),
                    lambda: [(str(each["To"]), str(each["Subject"])) for each in server.received],
                )


async def test_takes_a_mail(post: Post) -> None:
    await post.mailer.send(a_mail())
    assert post.arrived() == [("ann@example.com", "Grüße")]


async def test_takes_several_at_once_and_in_turn(post: Post) -> None:
    for name in ("ann", "bob"):
        await post.mailer.send(a_mail(to=f"{name}@example.com"))
    assert sorted(to for to, _ in post.arrived()) == ["ann@example.com", "bob@example.com"]
