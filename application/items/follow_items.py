"""Follow what happens to items: to one's own, or with the permission to everyone's."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from application.auth.admission import Admission
from application.items.item_feed import PAGE, Follower
from application.items.ports import EventPlace, ItemEventReader, PlacedItemEvent
from application.items.rights import reaches
from application.items.views import ItemEventView
from domain.access import Permission, UserId
from domain.items import ItemEventId, TooManyFollowers

MOST_CONNECTIONS = 5
"""Of one account, in one process."""
_AGAIN_AFTER = 5


@attrs.frozen
class Reset:
    """What was missed can't be told any more: load the items anew, and go on from here."""


@attrs.frozen
class Quiet:
    """Nothing happened for a while."""


Notice = ItemEventView | Reset | Quiet


@attrs.frozen(kw_only=True)
class FollowItems:
    follower: Follower
    since: ItemEventId | None = None
    """The last event that was seen; only what comes from now on where there is none."""
    patience: float = 15.0
    """Seconds after which it is told that nothing happens."""
    stays: bool = True
    """Whether to wait for more once everything was told."""


@attrs.frozen(eq=False)
class FollowItemsHandler:
    events: ItemEventReader
    _connections: Counter[UserId] = attrs.field(factory=Counter, init=False)

    @asynccontextmanager
    async def __call__(
        self, command: FollowItems, admission: Admission
    ) -> AsyncIterator[AsyncIterator[Notice]]:
        """Raise at once what keeps the caller from following, and while they follow whatever ends
        their admission."""
        actor = await admission.actor()
        user_id = actor.require_user()
        if self._connections[user_id] >= MOST_CONNECTIONS:
            raise TooManyFollowers(retry_after=_AGAIN_AFTER)
        self._connections[user_id] += 1
        try:
            yield self._notices(command, admission)
        finally:
            self._connections[user_id] -= 1
            if not self._connections[user_id]:
                del self._connections[user_id]

    async def _notices(self, command: FollowItems, admission: Admission) -> AsyncIterator[Notice]:
        if command.since is not None:
            seen = await self.events.find(command.since)
            if seen is None or not await _may_see(admission, seen):
                yield Reset()
            else:
                async for event in self._missed(seen.place, command.follower.place, admission):
                    yield event
        while True:
            placed = command.follower.take()
            if placed is not None:
                if await _may_see(admission, placed):
                    yield placed.event
                continue
            actor = await admission.actor()
            if not command.stays:
                return
            everyones = actor.can(Permission.ITEMS_READ)
            command.follower.narrow(None if everyones else actor.user_id)
            waited = min(command.patience, admission.seconds_left())
            await command.follower.wait(waited)
            if not command.follower.has_more:
                await admission.actor()
                yield Quiet()

    async def _missed(
        self, seen: EventPlace, until: EventPlace, admission: Admission
    ) -> AsyncIterator[ItemEventView]:
        """What the follower is not given, for it happened before it joined."""
        while seen < until:
            page = await self.events.after(seen, limit=PAGE)
            for placed in page.events:
                if placed.place > until:
                    return
                seen = placed.place
                if await _may_see(admission, placed):
                    yield placed.event
            if not page.has_more:
                return


async def _may_see(admission: Admission, placed: PlacedItemEvent) -> bool:
    return reaches(await admission.actor(), placed.event.item.owner_id, Permission.ITEMS_READ)
