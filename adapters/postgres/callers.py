"""Who stands behind a session or an API key, remembered until somebody changes it."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar
from uuid import UUID

import attrs

from application.auth.ports import Caller, CallerReader
from application.clock import Clock
from domain.access import SessionId, UserId

Credential: TypeAlias = SessionId | bytes
"""A session, or the hash of an API key."""
Named = TypeVar("Named", SessionId, bytes)

MOST_REMEMBERED = 50_000
LONGEST_REMEMBERED = 5.0
"""Seconds; the bound on staleness that holds even where a change is never heard of."""
_NOBODY = (0.0, None)


@attrs.define
class RememberedCallers:
    """A `CallerReader` in front of another. Only remembers while `listening`."""

    reader: CallerReader
    clock: Clock
    most: int = MOST_REMEMBERED
    listening: bool = attrs.field(default=False, init=False)
    _callers: dict[Credential, tuple[float, Caller]] = attrs.field(factory=dict, init=False)
    _credentials: dict[UserId, set[Credential]] = attrs.field(factory=dict, init=False)
    _changes_heard: int = attrs.field(default=0, init=False)

    async def find(self, session_id: SessionId) -> Caller | None:
        return self._remembered(session_id) or await self._read(session_id, self.reader.find)

    async def find_by_api_key(self, key_hash: bytes) -> Caller | None:
        return self._remembered(key_hash) or await self._read(key_hash, self.reader.find_by_api_key)

    @property
    def heard(self) -> int:
        return self._changes_heard

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
        self._credentials.clear()

    def _remembered(self, credential: Credential) -> Caller | None:
        until, caller = self._callers.get(credential, _NOBODY)
        return caller if self.clock.now().timestamp() < until else None

    async def _read(
        self, credential: Named, read: Callable[[Named], Awaitable[Caller | None]]
    ) -> Caller | None:
        changes_heard = self._changes_heard
        caller = await read(credential)
        # A change heard meanwhile may be younger than what was read.
        if caller is not None and self.listening and changes_heard == self._changes_heard:
            self._remember(credential, caller)
        return caller

    def _hear(self, change: str) -> None:
        kind, _, name = change.partition(":")
        if kind == "user":
            for credential in self._credentials.pop(UserId(UUID(name)), ()):
                self._callers.pop(credential, None)
        elif kind == "session":
            self._forget(SessionId(UUID(name)))
        else:
            self.forget_everyone()

    def _forget(self, session_id: SessionId) -> None:
        _, caller = self._callers.pop(session_id, _NOBODY)
        if caller is not None and caller.actor.user_id is not None:
            credentials = self._credentials[caller.actor.user_id]
            credentials.remove(session_id)
            if not credentials:
                del self._credentials[caller.actor.user_id]

    def _remember(self, credential: Credential, caller: Caller) -> None:
        if len(self._callers) >= self.most:
            self.forget_everyone()
        until = self.clock.now().timestamp() + LONGEST_REMEMBERED
        self._callers[credential] = (until, caller)
        if caller.actor.user_id is not None:
            self._credentials.setdefault(caller.actor.user_id, set()).add(credential)
