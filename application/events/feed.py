"""What happens to things of one kind: read once in this process, and handed to all who follow."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import chain
from typing import Generic, NoReturn

import attrs

from application.auth.ports import RightsChanges
from application.events.kind import EventKind, View
from application.events.ports import EventPlace, EventReader, PlacedEvent
from domain.access import UserId
from domain.errors import Unavailable

MOST_WAITING = 1000
"""Events that somebody may be behind; they are shared by all who wait for them."""
PAGE = 500
_LOOK_EVERY = 1.0
_LOOK_AGAIN_AFTER = 0.02
_RIGHTS_EVERY = 0.2
_log = logging.getLogger(__name__)


class FellBehind(Exception):
    """A follower takes events more slowly than they happen, and more wait than are kept."""


@attrs.define(eq=False)
class Follower(Generic[View]):
    """Has a place from the moment it joins, and is given everything behind it that it may see."""

    place: EventPlace
    _audience: "_Audience[View]"
    _waiting: deque[PlacedEvent[View]] = attrs.field(factory=deque, init=False)
    _woken: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _fell_behind: bool = attrs.field(default=False, init=False)

    def give(self, placed: PlacedEvent[View]) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._fell_behind = True
            self._waiting.clear()
        elif not self._fell_behind:
            self._waiting.append(placed)
        self._woken.set()

    def narrow(self, owner_id: UserId | None) -> None:
        """Be given, and woken by, only what happens to what one owner has; to everything with
        None. Not where it was woken since it last waited: perhaps by a change of the very rights
        this is concluded from, and they are looked at once more anyway."""
        if not self._woken.is_set():
            self._audience.seat(self, owner_id)

    def widen(self) -> None:
        """Be given everything until somebody has looked what may be seen."""
        self._audience.seat(self, None)
        self._woken.set()

    @property
    def has_more(self) -> bool:
        return bool(self._waiting) or self._fell_behind

    def take(self) -> PlacedEvent[View] | None:
        """Raise `FellBehind` where events were lost."""
        if self._fell_behind:
            raise FellBehind
        return self._waiting.popleft() if self._waiting else None

    async def wait(self, seconds: float) -> None:
        """Until there may be something to take, or rights have changed, at most that long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()


@attrs.define(eq=False)
class _Audience(Generic[View]):
    """Who is given what: an event wakes nobody whom it does not concern."""

    _seats: dict[Follower[View], UserId | None] = attrs.field(factory=dict, init=False)
    _rows: dict[UserId | None, set[Follower[View]]] = attrs.field(factory=dict, init=False)
    """By the owner whose things are seen; those who see everything are at None."""

    def __len__(self) -> int:
        return len(self._seats)

    def __iter__(self) -> Iterator[Follower[View]]:
        return iter(self._seats)

    def of(self, owner_id: UserId | None) -> Iterator[Follower[View]]:
        whose = {None, owner_id}
        return chain.from_iterable(self._rows.get(each, ()) for each in whose)

    def seat(self, follower: Follower[View], owner_id: UserId | None) -> None:
        if follower in self._seats:
            self.leave(follower)
        self._seats[follower] = owner_id
        self._rows.setdefault(owner_id, set()).add(follower)

    def leave(self, follower: Follower[View]) -> None:
        owner_id = self._seats.pop(follower)
        row = self._rows[owner_id]
        row.remove(follower)
        if not row:
            del self._rows[owner_id]


@attrs.define(eq=False)
class Feed(Generic[View]):
    kind: EventKind[View]
    reader: EventReader[View]
    rights: RightsChanges
    _audience: _Audience[View] = attrs.field(factory=_Audience, init=False)
    _followed: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _place: EventPlace | None = attrs.field(default=None, init=False)
    """Up to where everything was handed out; None while nobody follows."""
    _heard: int = attrs.field(default=0, init=False)

    @property
    def followers(self) -> int:
        return len(self._audience)

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[Follower[View]]:
        now = await self.reader.now() if self._place is None else self._place
        if self._place is None:
            self._place = now
        follower = Follower(self._place, self._audience)
        self._audience.seat(follower, None)
        self._followed.set()
        try:
            yield follower
        finally:
            self._audience.leave(follower)
            if not self._audience:
                self._place = None
                self._followed.clear()

    async def keep_reading(self) -> NoReturn:
        while True:
            await self._followed.wait()
            pause = _LOOK_EVERY
            try:
                if await self._read():
                    pause = _LOOK_AGAIN_AFTER
            except Unavailable as error:
                _log.warning("events of %s are not read: %s", self.kind.things, error.detail)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.reader.wait()

    async def keep_watching_rights(self) -> NoReturn:
        while True:
            await self._followed.wait()
            self._heed_rights()
            await asyncio.sleep(_RIGHTS_EVERY)

    def _heed_rights(self) -> None:
        if self._heard != self.rights.heard:
            self._heard = self.rights.heard
            for follower in list(self._audience):
                follower.widen()

    async def _read(self) -> bool:
        """Whether there are events that wait for an older transaction to end."""
        while self._place is not None:
            page = await self.reader.after(self._place, limit=PAGE)
            self._hand_out(page.events)
            if not page.has_more:
                return page.is_waiting
        return False

    def _hand_out(self, events: Sequence[PlacedEvent[View]]) -> None:
        # Those who may see more since a moment ago are to miss nothing of it.
        self._heed_rights()
        for placed in events:
            # All may have left meanwhile, and others come.
            if self._place is not None and placed.place > self._place:
                self._place = placed.place
                owner_id = self.kind.owner(placed.event.subject)
                for follower in self._audience.of(owner_id):
                    follower.give(placed)
