"""What happens to items, read once in this process and handed to all who follow here."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NoReturn

import attrs

from application.auth.ports import RightsChanges
from application.items.ports import EventPlace, ItemEventReader, ItemEventSignal, PlacedItemEvent
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
    """Has a place from the moment it joins, and is given everything behind it."""

    place: EventPlace
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

    def wake(self) -> None:
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
class ItemFeed:
    reader: ItemEventReader
    signal: ItemEventSignal
    rights: RightsChanges
    _followers: set[Follower] = attrs.field(factory=set, init=False)
    _followed: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _place: EventPlace | None = attrs.field(default=None, init=False)
    """Up to where everything was handed out; None while nobody follows."""

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[Follower]:
        now = await self.reader.now() if self._place is None else self._place
        if self._place is None:
            self._place = now
        follower = Follower(self._place)
        self._followers.add(follower)
        self._followed.set()
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            if not self._followers:
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
        heard = self.rights.heard
        while True:
            await self._followed.wait()
            if heard != self.rights.heard:
                heard = self.rights.heard
                for follower in self._followers:
                    follower.wake()
            await asyncio.sleep(_RIGHTS_EVERY)

    async def _read(self) -> bool:
        """Whether there are events that wait for an older transaction to end."""
        while self._place is not None:
            page = await self.reader.after(self._place, limit=PAGE)
            self._hand_out(page.events)
            if not page.has_more:
                return page.is_waiting
        return False

    def _hand_out(self, events: Sequence[PlacedItemEvent]) -> None:
        for placed in events:
            # All may have left meanwhile, and others come.
            if self._place is not None and placed.place > self._place:
                self._place = placed.place
                for follower in self._followers:
                    follower.give(placed)
