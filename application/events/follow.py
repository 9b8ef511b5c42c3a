"""Follow what happens to things of one kind: to all that the caller may see."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import ClassVar, Generic, TypeAlias

import attrs

from application.auth.admission import Admission
from application.auth.ports import RightsChanges
from application.events.feed import PAGE, Feed, Follower
from application.events.kind import EventKind, View
from application.events.ports import Event, EventPlace, EventReader, PlacedEvent
from domain.access import UserId
from domain.events import EventId, TooManyFollowers

MOST_CONNECTIONS = 5
"""Of one account, in one process, for one kind."""
_AGAIN_AFTER = 5


@attrs.frozen
class Reset:
    """What was missed can't be told any more: load everything anew, and go on from here."""


@attrs.frozen
class Quiet:
    """Nothing happened for a while."""


Notice: TypeAlias = Event[View] | Reset | Quiet


@attrs.frozen(kw_only=True)
class Follow(Generic[View]):
    follower: Follower[View]
    since: EventId | None = None
    """The last event that was seen; only what comes from now on where there is none."""
    patience: float = 15.0
    """Seconds after which it is told that nothing happens."""
    stays: bool = True
    """Whether to wait for more once everything was told."""


@attrs.define(eq=False)
class Following(Generic[View]):
    """The use case of each kind inherits it, and says what it is about by `kind` and `reader`."""

    kind: ClassVar[EventKind[View]]
    reader: EventReader[View]
    rights: RightsChanges
    _connections: Counter[UserId] = attrs.field(factory=Counter, init=False)

    @cached_property
    def feed(self) -> Feed[View]:
        return Feed(self.kind, self.reader, self.rights)

    @asynccontextmanager
    async def __call__(
        self, command: Follow[View], admission: Admission
    ) -> AsyncIterator[AsyncIterator[Notice[View]]]:
        """Raise at once what keeps the caller from following, and while they follow whatever ends
        their admission."""
        actor = await admission.actor()
        user_id = actor.require_user()
        self.kind.require_any(actor)
        if self._connections[user_id] >= MOST_CONNECTIONS:
            raise TooManyFollowers(retry_after=_AGAIN_AFTER)
        self._connections[user_id] += 1
        try:
            yield self._notices(command, admission)
        finally:
            self._connections[user_id] -= 1
            if not self._connections[user_id]:
                del self._connections[user_id]

    async def _notices(
        self, command: Follow[View], admission: Admission
    ) -> AsyncIterator[Notice[View]]:
        if command.since is not None:
            seen = await self.reader.find(command.since)
            if seen is None or not await self._may_see(admission, seen):
                yield Reset()
            else:
                async for event in self._missed(seen.place, command.follower.place, admission):
                    yield event
        while True:
            placed = command.follower.take()
            if placed is not None:
                if await self._may_see(admission, placed):
                    yield placed.event
                continue
            actor = await admission.actor()
            self.kind.require_any(actor)
            if not command.stays:
                return
            sees_all = actor.can(self.kind.permission)
            command.follower.narrow(None if sees_all else actor.user_id)
            waited = min(command.patience, admission.seconds_left())
            await command.follower.wait(waited)
            if not command.follower.has_more:
                self.kind.require_any(await admission.actor())
                yield Quiet()

    async def _missed(
        self, seen: EventPlace, until: EventPlace, admission: Admission
    ) -> AsyncIterator[Event[View]]:
        """What the follower is not given, for it happened before it joined."""
        while seen < until:
            page = await self.reader.after(seen, limit=PAGE)
            for placed in page.events:
                if placed.place > until:
                    return
                seen = placed.place
                if await self._may_see(admission, placed):
                    yield placed.event
            if not page.has_more:
                return

    async def _may_see(self, admission: Admission, placed: PlacedEvent[View]) -> bool:
        return self.kind.is_told_to(await admission.actor(), placed.event.subject)
