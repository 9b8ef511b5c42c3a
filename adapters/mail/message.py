"""A mail as it goes over the wire (RFC 5322)."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr

import attrs

from application.jobs.failure import Permanent
from application.mail.ports import Mail

_ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+")


@attrs.frozen
class Sender:
    """Who mails say they are from."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> "Sender":
        """`Ada <ada@example.com>`, or the address alone; `ValueError` for all else."""
        name, address = parseaddr(text)
        if not text.isprintable() or _ADDRESS.fullmatch(address) is None:
            raise ValueError("must be an email address, with a name before it if you like")
        return cls(name, address)

    @property
    def domain(self) -> str:
        return self._header.domain

    @property
    def _header(self) -> Address:
        return Address(self.name, addr_spec=self.address)

    def compose(self, mail: Mail) -> EmailMessage:
        """No value can add a header: `EmailMessage` refuses line breaks in all of them."""
        message = EmailMessage()
        try:
            message["From"] = self._header
            message["To"] = Address(addr_spec=_in_ascii(mail.to))
            message["Subject"] = mail.content.subject
        except (ValueError, HeaderParseError) as error:
            raise Permanent("the address or the subject is none that a mail can have") from error
        message["Date"] = mail.written_at
        message["Message-ID"] = f"<{mail.id}@{self.domain}>"
        # RFC 3834 §5: nobody's holiday greeting answers.
        message["Auto-Submitted"] = "auto-generated"
        # In ASCII, and in short lines: not every server on the way takes more.
        message.set_content(mail.content.text, cte="quoted-printable")
        message.add_alternative(mail.content.html, subtype="html", cte="quoted-printable")
        # Last, for whoever sets the content clears what was said of it.
        message["Content-Language"] = mail.content.language
        return message


def _in_ascii(address: str) -> str:
    """The domain as every server knows it; not all of them know any other."""
    local_part, _, domain = address.rpartition("@")
    return f"{local_part}@{domain.encode('idna').decode('ascii')}"
