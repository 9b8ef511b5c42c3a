"""A mail server beside the service, in whatever mood a round wants it."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from enum import Enum, auto
from typing import TypeVar

import attrs
from aiosmtpd.smtp import SMTP, Envelope, Session

Result = TypeVar("Result")


class Mood(Enum):
    """What happens to mails that are tried for the first time; the next try fares well."""

    GOOD = auto()
    REFUSES_FOR_NOW = auto()
    REFUSES_FOR_GOOD = auto()
    HANGS = auto()
    DROPS = auto()
    """The connection: before it has the mail, and after it took it without saying so."""
    ABSENT = auto()
    """Nobody listens."""


_AT_MOST = {Mood.REFUSES_FOR_GOOD: 2, Mood.HANGS: 3}
"""How many it happens to, where each keeps somebody busy for long."""


@attrs.define(eq=False)
class Receipt:
    """A mail that arrived whole."""

    message_id: str
    recipient: str
    at: float
    is_disowned: bool = False
    """Whether whoever sent it was cut off instead of being told."""


@attrs.define(eq=False)
class PostOffice:
    port: int = 0
    receipts: list[Receipt] = attrs.field(factory=list)
    refused_for_good: set[str] = attrs.field(factory=set)
    moods: dict[Mood, int] = attrs.field(factory=dict)
    """How often each was felt."""
    held: int = 0
    """Mails that were taken, and whose senders wait for a word."""
    connections: set[asyncio.Transport] = attrs.field(factory=set)
    _mood: Mood = Mood.GOOD
    _left: int = 0
    _met: set[str] = attrs.field(factory=set)
    _may_answer: asyncio.Event = attrs.field(factory=asyncio.Event)
    _listening: asyncio.Server | None = None
    _loop: asyncio.AbstractEventLoop = attrs.field(factory=asyncio.new_event_loop)

    def be(self, mood: Mood) -> None:
        """From now on."""
        self._left = _AT_MOST.get(mood, 10**6)
        self._mood = mood
        self._apart(self._leave() if mood is Mood.ABSENT else self._listen())

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Take mails, and say nothing of it until the end of the block."""
        self._apart(self._listen())
        self._loop.call_soon_threadsafe(self._may_answer.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._may_answer.set)

    async def handle_RCPT(  # noqa: N802 - as the server calls it
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        assert isinstance(server, _Connection)
        server.mood = self._mood_for(address)
        match server.mood:
            case Mood.REFUSES_FOR_NOW:
                return "451 try again later"
            case Mood.REFUSES_FOR_GOOD:
                self.refused_for_good.add(address)
                return "550 no such mailbox"
            case Mood.HANGS:
                # Until whoever waits for it has had enough.
                await asyncio.Event().wait()
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as the server calls it
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        receipt = Receipt(message["Message-ID"], str(envelope.rcpt_tos[0]), time.monotonic())
        self.receipts.append(receipt)
        assert isinstance(server, _Connection)
        if server.mood is Mood.DROPS:
            receipt.is_disowned = True
            server.cut()
            return "250 OK"
        self.held += 1
        try:
            await self._may_answer.wait()
        finally:
            self.held -= 1
        return "250 OK"

    def _mood_for(self, address: str) -> Mood:
        if address in self._met or not self._left:
            return Mood.GOOD
        self._met.add(address)
        self._left -= 1
        self.moods[self._mood] = self.moods.get(self._mood, 0) + 1
        return self._mood

    async def _listen(self) -> None:
        if self._listening is None:
            self._listening = await self._loop.create_server(
                lambda: _Connection(self, hostname="mail.example.com", loop=self._loop),
                "127.0.0.1",
                self.port,
            )
            self.port = self._listening.sockets[0].getsockname()[1]

    async def _leave(self) -> None:
        if self._listening is not None:
            # Python 3.11 never closes a connection that it took, and had no time to greet.
            for each in self._listening.sockets:
                self._loop.remove_reader(each)
            await asyncio.sleep(0)
            self._listening.close()
            self._listening = None
            self.moods[Mood.ABSENT] = self.moods.get(Mood.ABSENT, 0) + 1

    async def _hang_up(self) -> None:
        while self.connections:
            for transport in self.connections:
                transport.abort()
            await asyncio.sleep(0)

    def _apart(self, work: Coroutine[object, object, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class _Connection(SMTP):
    """One client."""

    mood = Mood.GOOD
    _drops = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self._office.connections.add(transport)
        self._kept = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._office.connections.discard(self._kept)
        super().connection_lost(error)

    @property
    def _office(self) -> PostOffice:
        assert isinstance(self.event_handler, PostOffice)
        return self.event_handler

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - as it is called
        if self.mood is Mood.DROPS:
            _Connection._drops += 1
            if _Connection._drops % 2:
                await self.push("354 go on")
                self.cut()
                return
        await super().smtp_DATA(arg)

    def cut(self) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.abort()


@contextmanager
def a_post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    office._may_answer.set()
    thread = threading.Thread(target=office._loop.run_forever)
    thread.start()
    try:
        office.be(Mood.GOOD)
        yield office
    finally:
        office.be(Mood.ABSENT)
        office._apart(office._hang_up())
        office._loop.call_soon_threadsafe(office._loop.stop)
        thread.join()
        office._loop.close()
