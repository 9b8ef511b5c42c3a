"""Mail that is kept to be looked at."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from adapters.mail.kept import KeptMailer, kept_mail, kept_mails
from adapters.mail.message import Sender
from application.mail.ports import Mail, MailText
from domain.jobs import JobId
from tests.builders import new_id

LINK = "https://app.example.com/reset-password#token=" + "0123456789abcdef" * 8
CONTENT = MailText(subject="Grüße", text=f"Hällo\n\n{LINK}\n", html="<p>Hällo</p>", language="de")


def a_mail() -> Mail:
    return Mail(
        id=JobId(new_id()),
        to="ann@example.com",
        written_at=datetime(2026, 3, 14, 12, 0, tzinfo=UTC),
        content=CONTENT,
    )


@pytest.fixture
def mailer(tmp_path: Path) -> KeptMailer:
    return KeptMailer(Sender.parse("tessera@example.com"), tmp_path / "data" / "mail")


async def test_nobody_else_can_read_it(mailer: KeptMailer) -> None:
    await mailer.send(a_mail())
    [path] = mailer.directory.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(mailer.directory.stat().st_mode) == 0o700


async def test_shows_it_with_its_link_in_one_piece(mailer: KeptMailer) -> None:
    mail = a_mail()
    await mailer.send(mail)
    kept = kept_mail(mailer.directory, str(mail.id))
    assert kept is not None
    assert (kept.id, kept.to, kept.subject) == (str(mail.id), mail.to, "Grüße")
    assert kept.sent_at == mail.written_at
    assert LINK in kept.text.splitlines()
    assert "Hällo" in kept.text


async def test_lists_the_newest_first(mailer: KeptMailer) -> None:
    assert list(kept_mails(mailer.directory)) == []
    mails = [a_mail() for _ in range(3)]
    for mail in mails:
        await mailer.send(mail)
    listed = [kept.id for kept in kept_mails(mailer.directory)]
    assert listed == [str(mail.id) for mail in reversed(mails)]


async def test_another_attempt_takes_the_place_of_the_first(mailer: KeptMailer) -> None:
    mail = a_mail()
    await mailer.send(mail)
    await mailer.send(attrs.evolve(mail, to="bob@example.com"))
    assert [kept.to for kept in kept_mails(mailer.directory)] == ["bob@example.com"]


async def test_finds_none_by_what_is_not_the_beginning_of_one_alone(mailer: KeptMailer) -> None:
    for _ in range(2):
        await mailer.send(a_mail())
    assert kept_mail(mailer.directory, "0") is None
    assert kept_mail(mailer.directory, "unheard-of") is None
    assert kept_mail(mailer.directory, "../secret_key") is None
