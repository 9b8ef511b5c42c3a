"""`tessera mail`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.mail.kept import KeptMailer
from adapters.mail.message import Sender
from application.mail.ports import Mail, MailText
from domain.jobs import JobId
from tests.builders import new_id
from tests.cli.commands import Cli

LINK = "https://app.example.com/verify-email#token=" + "0123456789abcdef" * 6


@pytest.fixture
def kept(environment: pytest.MonkeyPatch, tmp_path: Path) -> list[Mail]:
    """Two mails, the older first. No database is asked for."""
    environment.setenv("DATA_DIR", str(tmp_path / "data"))
    mailer = KeptMailer(Sender.parse("tessera@example.com"), tmp_path / "data" / "mail")
    mails = [
        Mail(
            id=JobId(new_id()),
            to=f"{name}@example.com",
            written_at=datetime(2026, 3, 14, 12, 0, tzinfo=UTC),
            content=MailText(
                subject=f"Hällo {name}", text=f"Follow:\n{LINK}\n", html="<p>x</p>", language="en"
            ),
        )
        for name in ("ann", "bob")
    ]

    async def keep() -> None:
        for mail in mails:
            await mailer.send(mail)

    asyncio.run(keep())
    return mails


def test_lists_the_newest_first(kept: list[Mail]) -> None:
    listed = Cli()("mail", "list", "--json")
    assert [mail["to"] for mail in listed.items] == ["bob@example.com", "ann@example.com"]
    assert (listed.document["total"], listed.document["next_cursor"]) == (2, None)
    [second] = Cli()("mail", "list", "--limit", "1", "--skip", "1", "--json").items
    assert second["id"] == str(kept[0].id)
    assert "Hällo ann" in Cli()("mail", "list").out


def test_shows_one_with_its_link(kept: list[Mail]) -> None:
    shown = Cli()("mail", "show", kept[0].id)
    assert shown.out == f"To: ann@example.com\nSubject: Hällo ann\n\nFollow:\n{LINK}\n"
    document = Cli()("mail", "show", str(kept[0].id), "--json").document
    assert (document["to"], document["subject"]) == ("ann@example.com", "Hällo ann")


def test_shows_the_newest_where_none_is_named(kept: list[Mail]) -> None:
    assert "To: bob@example.com" in Cli()("mail", "show").out


def test_shows_nothing_where_nothing_is(environment: pytest.MonkeyPatch) -> None:
    assert Cli()("mail", "list", "--json").items == []
    assert Cli()("mail", "show").is_refused("No such mail.")
    assert Cli()("mail", "show", "unheard-of").is_refused("No such mail.")


def test_keeps_none_where_mail_is_sent(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SMTP_HOST", "mail.example.com")
    environment.setenv("MAIL_FROM", "tessera@example.com")
    for words in (("mail", "list"), ("mail", "show")):
        assert Cli()(*words).is_refused("mails are sent by SMTP_HOST, and none is kept")
