"""What happens to items, read once in this process and handed to all who follow here."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import chain
from typing import NoReturn

import attrs

from application.auth.ports import RightsChanges
from application.items.ports import EventPlace, ItemEventReader, ItemEventSignal, PlacedItemEvent
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
class Follower:
    """Has a place from the moment it joins, and is given everything behind it that it may see."""

    place: EventPlace
    _audience: "_Audience"
    _waiting: deque[PlacedItemEvent] = attrs.field(factory=deque, init=False)
    _woken: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _fell_behind: bool = attrs.field(default=False, init=False)

    def give(self, placed: PlacedItemEvent) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._fell_behind = True
            self._waiting.clear()
        elif not self._fell_behind:
            self._waiting.append(placed)
        self._woken.set()

    def narrow(self, owner_id: UserId | None) -> None:
        """Be given, and woken by, only what happens to the items of one owner; of everyone with
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

    def take(self) -> PlacedItemEvent | None:
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
class _Audience:
    """Who is given what: an event wakes nobody whom it does not concern."""

    _seats: dict[Follower, UserId | None] = attrs.field(factory=dict, init=False)
    _rows: dict[UserId | None, set[Follower]] = attrs.field(factory=dict, init=False)
    """By the owner whose items are seen; those who see everyone's are at None."""

    def __len__(self) -> int:
        return len(self._seats)

    def __iter__(self) -> Iterator[Follower]:
        return iter(self._seats)

    def of(self, owner_id: UserId) -> Iterator[Follower]:
        return chain(self._rows.get(None, ()), self._rows.get(owner_id, ()))

    def seat(self, follower: Follower, owner_id: UserId | None) -> None:
        if follower in self._seats:
            self.leave(follower)
        self._seats[follower] = owner_id
        self._rows.setdefault(owner_id, set()).add(follower)

    def leave(self, follower: Follower) -> None:
        owner_id = self._seats.pop(follower)
        row = self._rows[owner_id]
        row.remove(follower)
        if not row:
            del self._rows[owner_id]


@attrs.define(eq=False)
class ItemFeed:
    reader: ItemEventReader
    signal: ItemEventSignal
    rights: RightsChanges
    _audience: _Audience = attrs.field(factory=_Audience, init=False)
    _followed: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _place: EventPlace | None = attrs.field(default=None, init=False)
    """Up to where everything was handed out; None while nobody follows."""
    _heard: int = attrs.field(default=0, init=False)

    @property
    def followers(self) -> int:
        return len(self._audience)

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[Follower]:
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
                _log.warning("item events are not read: %s", error.detail)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.signal.wait()

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

    def _hand_out(self, events: Sequence[PlacedItemEvent]) -> None:
        # Those who may see more since a moment ago are to miss nothing of it.
        self._heed_rights()
        for placed in events:
            # All may have left meanwhile, and others come.
            if self._place is not None and placed.place > self._place:
                self._place = placed.place
                for follower in self._audience.of(placed.event.item.owner_id):
                    follower.give(placed)
