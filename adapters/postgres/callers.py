"""Who stands behind a session, remembered until somebody changes it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import asyncpg
import attrs

from adapters.postgres.access_changes import CHANNEL, EVERYONE
from adapters.postgres.refusals import CONNECTION_LOST
from application.auth.ports import Caller, CallerReader
from application.clock import Clock
from domain.access import SessionId, UserId

_log = logging.getLogger(__name__)

MOST_REMEMBERED = 50_000
LONGEST_REMEMBERED = 5.0
"""Seconds; the bound on staleness that holds even where a change is never heard of."""
_HEARTBEAT = 2.0
_RETRY_AFTER = 0.5


@attrs.define
class RememberedCallers:
    """A `CallerReader` in front of another. Only remembers while `listening`."""

    reader: CallerReader
    clock: Clock
    most: int = MOST_REMEMBERED
    listening: bool = attrs.field(default=False, init=False)
    _callers: dict[SessionId, tuple[float, Caller]] = attrs.field(factory=dict, init=False)
    _sessions: dict[UserId, set[SessionId]] = attrs.field(factory=dict, init=False)
    _changes_heard: int = attrs.field(default=0, init=False)

    async def find(self, session_id: SessionId) -> Caller | None:
        remembered = self._callers.get(session_id)
        if remembered is not None and self.clock.now().timestamp() < remembered[0]:
            return remembered[1]
        changes_heard = self._changes_heard
        caller = await self.reader.find(session_id)
        # A change heard meanwhile may be younger than what was read.
        if caller is not None and self.listening and changes_heard == self._changes_heard:
            self._remember(session_id, caller)
        return caller

    def listen(self) -> None:
        """Remember from now on. What is being read at this moment may have changed unheard."""
        self.forget_everyone()
        self.listening = True

    def go_deaf(self) -> None:
        self.listening = False
        self.forget_everyone()

    def hear(self, payload: str) -> None:
        """Forget whom a change names, one a line; everyone where that can't be made out."""
        self._changes_heard += 1
        try:
            for change in payload.split("\n"):
                self._hear(change)
        except ValueError:
            self.forget_everyone()

    def forget_everyone(self) -> None:
        self._changes_heard += 1
        self._callers.clear()
        self._sessions.clear()

    def _hear(self, change: str) -> None:
        kind, _, name = change.partition(":")
        if kind == "user":
            for session_id in self._sessions.pop(UserId(UUID(name)), ()):
                self._callers.pop(session_id, None)
        elif kind == "session":
            self._forget(SessionId(UUID(name)))
        else:
            self.forget_everyone()

    def _forget(self, session_id: SessionId) -> None:
        _, caller = self._callers.pop(session_id, (0, None))
        if caller is not None and caller.actor.user_id is not None:
            sessions = self._sessions[caller.actor.user_id]
            sessions.remove(session_id)
            if not sessions:
                del self._sessions[caller.actor.user_id]

    def _remember(self, session_id: SessionId, caller: Caller) -> None:
        if len(self._callers) >= self.most:
            self.forget_everyone()
        until = self.clock.now().timestamp() + LONGEST_REMEMBERED
        self._callers[session_id] = (until, caller)
        if caller.actor.user_id is not None:
            self._sessions.setdefault(caller.actor.user_id, set()).add(session_id)


@asynccontextmanager
async def listening_for_changes(
    dsn: str, callers: RememberedCallers, *, connect_timeout: float
) -> AsyncIterator[None]:
    """Keep a connection of its own that hears what other processes change. While it is down,
    nothing is remembered."""
    heard_first = asyncio.Event()
    task = asyncio.create_task(_listen(dsn, callers, connect_timeout, heard_first))
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(connect_timeout):
                await heard_first.wait()
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(
    dsn: str, callers: RememberedCallers, connect_timeout: float, heard_first: asyncio.Event
) -> None:
    while True:
        try:
            connection = await asyncpg.connect(
                dsn, timeout=connect_timeout, server_settings={"application_name": "tessera listen"}
            )
            try:
                await _listen_on(connection, callers, heard_first)
            finally:
                callers.go_deaf()
                connection.terminate()
        except CONNECTION_LOST as error:
            _log.warning("not listening for changed rights: %s", type(error).__name__)
            await asyncio.sleep(_RETRY_AFTER)


async def _listen_on(
    connection: "asyncpg.Connection[asyncpg.Record]",
    callers: RememberedCallers,
    heard_first: asyncio.Event,
) -> None:
    """Until the connection is lost, which raises."""
    lost = asyncio.Event()

    def hear(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        callers.hear(payload if isinstance(payload, str) else EVERYONE)

    connection.add_termination_listener(lambda _: lost.set())
    await connection.add_listener(CHANNEL, hear)
    callers.listen()
    heard_first.set()
    while True:
        # Where the server only falls silent, nothing but asking tells.
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEARTBEAT):
                await lost.wait()
        await connection.execute("SELECT 1", timeout=_HEARTBEAT)
