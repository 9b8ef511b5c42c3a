"""Mail by SMTP (RFC 5321), a connection for each."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiosmtplib
import attrs

from adapters.mail.message import Sender
from application.jobs.failure import Permanent
from application.mail.ports import Mail


@attrs.frozen(kw_only=True)
class SmtpSettings:
    host: str
    port: int
    user: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    starttls: bool = True
    """Ask for TLS, and go no further without."""
    tls: bool = False
    """TLS from the first byte, in place of STARTTLS."""
    connect_timeout: float = 2.0
    timeout: float = 15.0
    """Seconds for all of it, less than a job's lease."""


class NotSent(Exception):
    """The server does not take it now."""


@attrs.frozen
class SmtpMailer:
    sender: Sender
    settings: SmtpSettings
    trust: ssl.SSLContext = attrs.field(factory=ssl.create_default_context, repr=False)

    async def send(self, mail: Mail) -> None:
        message = self.sender.compose(mail)
        async with self._connected() as server:
            try:
                await server.send_message(message)
            except aiosmtplib.SMTPNotSupported as error:
                raise Permanent(f"the mail server can't: {error}") from error
            except aiosmtplib.SMTPRecipientsRefused as error:
                raise _refusal(error.recipients[0]) from error
            except aiosmtplib.SMTPResponseException as error:
                raise _refusal(error) from error

    async def check(self) -> None:
        """Go as far as one can without sending. Raise `NotSent`, saying why it can't be used."""
        async with self._connected():
            pass

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Whatever is refused before the mail itself is the fault of no mail, and may pass."""
        settings = self.settings
        server = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            # Its own default asks the resolver, and the loop stands still meanwhile.
            local_hostname=self.sender.domain,
            timeout=settings.timeout,
            use_tls=settings.tls,
            start_tls=settings.starttls and not settings.tls,
            tls_context=self.trust,
        )
        try:
            async with asyncio.timeout(settings.timeout):
                try:
                    async with asyncio.timeout(settings.connect_timeout):
                        await server.connect()
                    if settings.user is not None and settings.password is not None:
                        await server.login(settings.user, settings.password)
                except aiosmtplib.SMTPException as error:
                    raise NotSent(f"no connection to the mail server: {_said(error)}") from error
                yield server
                with suppress(aiosmtplib.SMTPException):
                    # It has taken the mail, whatever it says of its leaving.
                    await server.quit()
        except TimeoutError as error:
            raise NotSent("the mail server does not answer in time") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(f"the mail server is lost: {_said(error)}") from error
        finally:
            server.close()


def _refusal(error: aiosmtplib.SMTPResponseException) -> Exception:
    """RFC 5321 §4.2.1: what begins with 5 will be refused for ever."""
    kind = Permanent if 500 <= error.code < 600 else NotSent
    return kind(f"the mail server refuses it: {_said(error)}")


def _said(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
