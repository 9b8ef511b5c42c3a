"""Mail that goes nowhere, and is kept to be looked at."""

import asyncio
import email
import os
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

import attrs

from adapters.mail.message import Sender
from application.mail.ports import Mail


@attrs.frozen(kw_only=True)
class KeptMail:
    id: str
    to: str
    subject: str
    sent_at: datetime
    text: str


@attrs.frozen
class KeptMailer:
    """A file for each, which only its owner may read: the links in them are keys."""

    sender: Sender
    directory: Path

    async def send(self, mail: Mail) -> None:
        message = self.sender.compose(mail)
        await asyncio.to_thread(self._keep, f"{mail.id}.eml", message.as_bytes(policy=policy.SMTP))

    def _keep(self, name: str, content: bytes) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whole or not at all, also where it is looked at in this moment.
        part = self.directory / f"{name}.part"
        part.unlink(missing_ok=True)
        with open(part, "wb", opener=_for_its_owner) as file:
            file.write(content)
        part.replace(self.directory / name)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def kept_mails(directory: Path) -> Iterator[KeptMail]:
    """The newest first: their names are the times they were asked for."""
    for path in sorted(directory.glob("*.eml"), reverse=True):
        yield _read(path)


def kept_mail(directory: Path, mail_id: str) -> KeptMail | None:
    """By its id, or the beginning of it where no other begins so."""
    found = [path for path in directory.glob("*.eml") if path.stem.startswith(mail_id)]
    return _read(found[0]) if len(found) == 1 else None


def _read(path: Path) -> KeptMail:
    message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    if not isinstance(message, EmailMessage):
        raise TypeError("the default policy makes an EmailMessage")
    body = message.get_body(("plain",))
    return KeptMail(
        id=path.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=message["Date"].datetime,
        text="" if body is None else str(body.get_content()).replace("\r\n", "\n"),
    )
