"""A mail server on this machine, as well or as badly behaved as a test wants it."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread

import attrs
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "a password for mail"


@attrs.define
class MailServer:
    """Replies are given once each, in their order, and then all is well."""

    port: int = 0
    received: list[EmailMessage] = attrs.field(factory=list)
    recipients: list[str] = attrs.field(factory=list)
    greetings: list[str] = attrs.field(factory=list)
    at_sender: list[str] = attrs.field(factory=list)
    at_recipient: list[str] = attrs.field(factory=list)
    at_data: list[str] = attrs.field(factory=list)
    hangs: bool = False
    drops_in_the_middle: int = 0
    """How many mails are cut off after the server has asked for them."""
    drops_after_taking: int = 0
    """How many are kept, without whoever sent them being told."""
    connections: int = 0
    _hanging: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    async def handle_EHLO(  # noqa: N802 - as the server calls it
        self,
        server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.greetings.append(hostname)
        if self.hangs:
            await self._hanging.wait()
        return responses

    async def handle_MAIL(  # noqa: N802 - as the server calls it
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self.at_sender:
            return self.at_sender.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as the server calls it
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self.at_recipient:
            return self.at_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as the server calls it
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.at_data:
            return self.at_data.pop(0)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.recipients += [str(each) for each in envelope.rcpt_tos]
        if self.drops_after_taking:
            self.drops_after_taking -= 1
            _cut(server)
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        is_right = data.password == PASSWORD.encode()
        # One that is refused is told so by the server itself.
        return AuthResult(success=is_right, handled=False)


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class _Connection(SMTP):
    """One client, whose mail may be cut off."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - as it is called
        mails = self.event_handler
        assert isinstance(mails, MailServer)
        if mails.drops_in_the_middle:
            mails.drops_in_the_middle -= 1
            await self.push("354 go on")
            _cut(self)
            return
        await super().smtp_DATA(arg)


@asynccontextmanager
async def mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    wants_sign_in: bool = False,
) -> AsyncIterator[MailServer]:
    server = MailServer()

    def connection() -> SMTP:
        server.connections += 1
        with warnings.catch_warnings():
            # It warns of passwords without TLS, and rightly so.
            warnings.simplefilter("ignore")
            return made()

    def made() -> SMTP:
        return _Connection(
            server,
            hostname="mail.example.com",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=server.authenticate,
            auth_required=wants_sign_in,
            auth_require_tls=False,
            enable_SMTPUTF8=False,
            loop=asyncio.get_running_loop(),
        )

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(connection, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server._hanging.set()
        listening.close()


@contextmanager
def mail_server_aside() -> Iterator[int]:
    """A good one on a loop of its own, by its port: for what has a loop of its own too."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    running = mail_server()
    try:
        server = asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result()
        yield server.port
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
