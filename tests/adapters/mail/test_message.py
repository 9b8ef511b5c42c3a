"""A mail as it goes over the wire."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import attrs
import pytest

from adapters.mail.message import Sender
from application.jobs.failure import Permanent
from application.mail.ports import Mail, MailText
from domain.jobs import JobId
from tests.builders import new_id

SENDER = Sender.parse("Tessera <tessera@example.com>")
CONTENT = MailText(subject="Grüße", text="Hällo\n", html="<p>Hällo</p>", language="de")
MAIL = Mail(
    id=JobId(new_id()),
    to="ann@example.com",
    written_at=datetime(2026, 3, 14, 12, 0, 30, tzinfo=UTC),
    content=CONTENT,
)


def test_says_who_when_and_what() -> None:
    sent = SENDER.compose(MAIL).as_bytes(policy=policy.SMTP)
    message = message_from_bytes(sent, policy=policy.default)
    assert message["From"] == "Tessera <tessera@example.com>"
    assert message["To"] == "ann@example.com"
    assert message["Subject"] == "Grüße"
    assert message["Date"] == "Sat, 14 Mar 2026 12:00:30 +0000"
    assert message["Message-ID"] == f"<{MAIL.id}@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "de"
    bodies = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
    assert bodies == {"text/plain": "Hällo\r\n", "text/html": "<p>Hällo</p>\r\n"}
    assert sent.isascii(), "not every server takes more"


def test_is_the_same_mail_at_every_attempt() -> None:
    later = attrs.evolve(MAIL, written_at=datetime(2026, 3, 14, 13, 0, tzinfo=UTC))
    assert SENDER.compose(later)["Message-ID"] == SENDER.compose(MAIL)["Message-ID"]


@pytest.mark.parametrize(
    "to",
    [
        "ann@example.com\r\nBcc: eve@example.com",
        "ann@example.com\nSubject: x",
        "ann@example.com, eve@example.com",
        "Ann <ann@example.com>",
        "ann@example.com\0",
        "ann",
        "",
    ],
)
def test_no_address_can_add_a_header_or_a_recipient(to: str) -> None:
    with pytest.raises(Permanent) as refused:
        SENDER.compose(attrs.evolve(MAIL, to=to))
    assert "eve" not in str(refused.value)


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@example.com", "a\nb"])
def test_no_subject_can_add_a_header(subject: str) -> None:
    with pytest.raises(Permanent):
        SENDER.compose(attrs.evolve(MAIL, content=attrs.evolve(CONTENT, subject=subject)))


def test_a_domain_is_written_as_every_server_knows_it() -> None:
    assert SENDER.compose(attrs.evolve(MAIL, to="ann@bücher.example"))["To"] == (
        "ann@xn--bcher-kva.example"
    )


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("tessera@example.com", "", "tessera@example.com"),
        ("Tessera <tessera@example.com>", "Tessera", "tessera@example.com"),
        ('"Tessera, Inc." <a.b@example.com>', "Tessera, Inc.", "a.b@example.com"),
    ],
)
def test_reads_who_sends(text: str, name: str, address: str) -> None:
    assert Sender.parse(text) == Sender(name, address)


@pytest.mark.parametrize("text", ["", "tessera", "Tessera <>", "a@", "a@b\r\nX: y", "a b@c d"])
def test_wants_an_address_to_send_from(text: str) -> None:
    with pytest.raises(ValueError, match="must be an email address"):
        Sender.parse(text)
