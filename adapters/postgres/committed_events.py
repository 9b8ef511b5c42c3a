"""What a process knows of events that were committed, and tells the others."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NoReturn, Protocol
from uuid import UUID

import attrs
from sqlalchemy import Text, bindparam, func, literal, select

from adapters.postgres.connection import Connection, Database
from adapters.postgres.query import compile_query
from application.clock import NewId
from domain.errors import Unavailable

CHANNEL = "tessera_events"
# NOTIFY takes less than 8000 bytes.
_MOST_NAMED = 200
_NOTIFY = compile_query(
    select(func.pg_notify(literal(CHANNEL, Text), bindparam("payload", type_=Text)))
)

_log = logging.getLogger(__name__)


class Kept(Protocol):
    """Things as they were shown lately."""

    async def drop(self, ids: Collection[UUID]) -> None:
        """They have changed, and that is about to be acknowledged."""
        ...

    def forget(self, ids: Collection[UUID]) -> None:
        """Another process has changed them. It is not told of all: messages get lost."""
        ...


@attrs.define(eq=False)
class CommittedEvents:
    """A NOTIFY inside the transactions would make their commits wait for one another. It is sent
    behind them, for many at once; where it gets lost with its process, the others still look every
    second."""

    new_id: NewId
    kept: Sequence[Kept] = ()
    _heard: dict[str, asyncio.Event] = attrs.field(
        factory=lambda: defaultdict(asyncio.Event), init=False
    )
    """By the name of the kind."""
    _untold: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _kinds: set[str] = attrs.field(factory=set, init=False)
    _changed: set[UUID] = attrs.field(factory=set, init=False)
    _name: str = attrs.field(init=False)

    @_name.default
    def _fresh_name(self) -> str:
        return str(self.new_id())

    async def wait(self, kind: str) -> None:
        """Until there may be something to read of that kind."""
        heard = self._heard[kind]
        await heard.wait()
        heard.clear()

    def announce(self, kinds: Collection[str]) -> None:
        """There is something to read of them, as of a commit here."""
        self._set_off(kinds)
        self._kinds.update(kinds)
        self._untold.set()

    async def drop(self, ids: Collection[UUID]) -> None:
        """Once this returns nobody here is shown what they were before; the others soon learn."""
        for kept in self.kept:
            await kept.drop(ids)
        self._changed.update(ids)
        self._untold.set()

    def hear(self, payload: str) -> None:
        """Who tells, the kinds of which there are events, and the ids of what has changed, one a
        line."""
        name, kinds, *changed = payload.split("\n")
        if name != self._name:
            self._set_off(kinds.split())
            ids = [UUID(each) for each in changed]
            for kept in self.kept:
                kept.forget(ids)

    def listen(self) -> None:
        """Whatever came before was heard by nobody."""
        self._set_off([*self._heard])

    def go_deaf(self) -> None:
        """Whoever waits looks for themselves from time to time."""

    async def keep_telling(self, database: Database, *, every: float) -> NoReturn:
        while True:
            await self._untold.wait()
            self._untold.clear()
            try:
                for payload in self._payloads():
                    await database.run_once(Connection.row, _NOTIFY, {"payload": payload})
            except Unavailable as error:
                _log.warning("events are not announced: %s", error.detail)
            await asyncio.sleep(every)

    def _payloads(self) -> list[str]:
        kinds, self._kinds = " ".join(sorted(self._kinds)), set()
        changed, self._changed = [*map(str, self._changed)], set()
        # At least one, though nothing but an event may have come of it.
        starts = range(0, len(changed) or 1, _MOST_NAMED)
        return ["\n".join([self._name, kinds, *changed[i : i + _MOST_NAMED]]) for i in starts]

    def _set_off(self, kinds: Collection[str]) -> None:
        for kind in kinds:
            self._heard[kind].set()
