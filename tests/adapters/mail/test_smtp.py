"""Mail by SMTP, to a server that is well behaved and to others."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.mail.message import Sender
from adapters.mail.smtp import NotSent, SmtpMailer, SmtpSettings
from application.jobs.failure import Permanent
from application.mail.ports import Mail, MailText
from domain.jobs import JobId
from tests.builders import new_id
from tests.mail_server import PASSWORD, MailServer, mail_server

SENDER = Sender.parse("Tessera <tessera@example.com>")
CONTENT = MailText(subject="Grüße", text=".\nHällo\n..\n", html="<p>Hällo</p>", language="de")


def a_mail(to: str = "ann@example.com") -> Mail:
    return Mail(
        id=JobId(new_id()),
        to=to,
        written_at=datetime(2026, 3, 14, 12, 0, tzinfo=UTC),
        content=CONTENT,
    )


def a_mailer(server: MailServer, **settings: object) -> SmtpMailer:
    defaults = SmtpSettings(host="127.0.0.1", port=server.port, starttls=False)
    return SmtpMailer(SENDER, attrs.evolve(defaults, **settings))  # type: ignore[arg-type]  # by name


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


async def test_delivers_a_mail_once_and_whole(server: MailServer) -> None:
    mail = a_mail()
    await a_mailer(server).send(mail)
    [message] = server.received
    assert message["Message-ID"] == f"<{mail.id}@example.com>"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == CONTENT.text
    assert server.recipients == ["ann@example.com"]
    assert server.greetings == ["example.com"]


@pytest.mark.parametrize("step", ["at_sender", "at_recipient", "at_data"])
async def test_what_is_refused_for_ever_is_not_tried_again(server: MailServer, step: str) -> None:
    getattr(server, step).append("550 5.1.1 No such mailbox here")
    with pytest.raises(Permanent, match=r"550 5\.1\.1 No such mailbox here"):
        await a_mailer(server).send(a_mail())
    assert server.received == []


@pytest.mark.parametrize("step", ["at_sender", "at_recipient", "at_data"])
async def test_what_is_refused_for_now_may_be_taken_later(server: MailServer, step: str) -> None:
    getattr(server, step).append("451 4.7.1 Greylisted, come back later")
    mail = a_mail()
    with pytest.raises(NotSent, match=r"451 4\.7\.1 Greylisted"):
        await a_mailer(server).send(mail)
    await a_mailer(server).send(mail)
    assert len(server.received) == 1


async def test_a_server_that_hangs_is_given_up(server: MailServer) -> None:
    server.hangs = True
    began = time.monotonic()
    with pytest.raises(NotSent, match="in time"):
        await a_mailer(server, timeout=0.2).send(a_mail())
    assert time.monotonic() - began < 2


async def test_a_server_that_hangs_later_is_given_up_too(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(MailServer, "handle_RCPT", never)
    with pytest.raises(NotSent, match="in time"):
        await a_mailer(server, timeout=0.3).send(a_mail())


async def test_a_server_that_says_nothing_at_all_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port: int = silent.getsockname()[1]
        settings = SmtpSettings(host="127.0.0.1", port=port, starttls=False, connect_timeout=0.2)
        with pytest.raises(NotSent, match="in time"):
            await SmtpMailer(SENDER, settings).send(a_mail())


async def test_no_server_at_all_may_be_there_later() -> None:
    settings = SmtpSettings(host="127.0.0.1", port=1, starttls=False)
    with pytest.raises(NotSent, match="no connection to the mail server"):
        await SmtpMailer(SENDER, settings).send(a_mail())


async def test_a_mail_that_is_cut_off_is_sent_again_whole(server: MailServer) -> None:
    server.drops_in_the_middle = 1
    mail = a_mail()
    with pytest.raises(NotSent, match="lost"):
        await a_mailer(server).send(mail)
    assert server.received == []
    await a_mailer(server).send(mail)
    assert len(server.received) == 1


async def test_a_mail_whose_taking_was_not_told_is_sent_again_and_known_by_its_id(
    server: MailServer,
) -> None:
    server.drops_after_taking = 1
    mail = a_mail()
    with pytest.raises(NotSent, match="lost"):
        await a_mailer(server).send(mail)
    await a_mailer(server).send(mail)
    assert [message["Message-ID"] for message in server.received] == [
        f"<{mail.id}@example.com>"
    ] * 2


async def test_an_address_that_the_server_cannot_spell_is_refused(server: MailServer) -> None:
    with pytest.raises(Permanent):
        await a_mailer(server).send(a_mail("jürgen@example.com"))
    await a_mailer(server).send(a_mail("ann@bücher.example"))
    assert server.recipients == ["ann@xn--bcher-kva.example"]


async def test_signs_in() -> None:
    async with mail_server(wants_sign_in=True) as server:
        await a_mailer(server, user="tessera", password=PASSWORD).send(a_mail())
        assert len(server.received) == 1
        # The mail is not to blame, and whoever looks after the server may mend it.
        with pytest.raises(NotSent, match="535"):
            await a_mailer(server, user="tessera", password="another").send(a_mail())


async def test_can_be_checked_without_a_mail() -> None:
    async with mail_server(wants_sign_in=True) as server:
        await a_mailer(server, user="tessera", password=PASSWORD).check()
        with pytest.raises(NotSent, match="535"):
            await a_mailer(server, user="tessera", password="another").check()
        assert server.received == []


# TLS


@attrs.frozen
class Certificate:
    """Of 127.0.0.1, from an authority that nobody else trusts."""

    server: ssl.SSLContext
    trusted: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    path: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(path)
    return Certificate(server, ssl.create_default_context(cafile=path))


@pytest.mark.parametrize("from_the_start", [True, False])
async def test_talks_by_tls_to_a_server_that_it_trusts(
    certificate: Certificate, from_the_start: bool
) -> None:
    contexts = {"tls" if from_the_start else "starttls": certificate.server}
    async with mail_server(**contexts) as server:  # type: ignore[arg-type]  # by name
        trusting = attrs.evolve(
            a_mailer(server, tls=from_the_start, starttls=True), trust=certificate.trusted
        )
        await trusting.send(a_mail())
        assert len(server.received) == 1
        with pytest.raises(NotSent, match="certificate"):
            await a_mailer(server, tls=from_the_start, starttls=True).send(a_mail())
        assert len(server.received) == 1


async def test_goes_no_further_where_there_is_no_tls(server: MailServer) -> None:
    with pytest.raises(NotSent, match="STARTTLS"):
        await a_mailer(server, starttls=True, user="tessera", password=PASSWORD).send(a_mail())
    assert server.received == []
