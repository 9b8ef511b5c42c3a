"""The limit that every caller has for everything together."""

import asyncio
import logging
from collections.abc import Hashable
from datetime import datetime
from typing import NoReturn

import attrs

from application.clock import Clock
from application.outage import Outage
from application.throttling.ports import Bucket, ThrottleCounters
from application.throttling.throttle import RateLimits
from domain.access import Actor
from domain.errors import Conflict, Unavailable
from domain.throttling import Count, RateLimit, RateLimited, network_of

MOST_CALLERS = 100_000
"""About 30 MB of them."""
_log = logging.getLogger(__name__)


@attrs.define
class _Tally:
    """What one caller has done, here and, as far as it is known, elsewhere."""

    ends: datetime
    count: Count
    untold: int = 0
    """How much of it only this process knows."""


@attrs.frozen(eq=False)
class RequestLimit:
    """Counts in this process, for asking at every request would cost more than most requests do.
    The processes tell each other every second, which lets through a second's worth too much."""

    counters: ThrottleCounters
    limits: RateLimits
    clock: Clock
    _tallies: dict[Hashable, _Tally] = attrs.field(factory=dict, init=False)

    def admit(self, actor: Actor) -> None:
        """Count a request of this caller; raise `RateLimited` where it is one too many. A stranger
        is known by the address alone."""
        limit = self.limits.general
        if limit is None:
            return
        now = self.clock.now()
        caller = actor.api_key_id or actor.user_id or network_of(actor.origin.address)
        tally = self._tallies.get(caller)
        if tally is None or now >= tally.ends:
            tally = self._turn(caller, limit, tally, now)
        count = tally.count
        tally.count = count = Count(count.window, count.current + 1, count.previous)
        tally.untold += 1
        # Almost always far from the limit, where it need not be worked out how far.
        if count.current + count.previous > limit.quota and count.exceeds(limit, now):
            tally.count = count.plus(-1)
            tally.untold -= 1
            raise RateLimited(limit, tally.count.wait(limit, now))

    async def share(self) -> None:
        """Tell the others what was counted here, and learn what they have counted."""
        limit = self.limits.general
        if limit is None:
            return
        now = self.clock.now()
        self._forget_the_absent(limit, now)
        told = {
            f"general:{caller}": (tally, tally.untold)
            for caller, tally in self._tallies.items()
            if tally.untold
        }
        if not told:
            return
        times = {Bucket(limit, key): untold for key, (_, untold) in told.items()}
        counts = await self.counters.add(times, at=now)
        for key, (tally, untold) in told.items():
            # Requests have gone on meanwhile.
            tally.untold -= untold
            tally.count = counts[key].plus(tally.untold)

    async def keep_sharing(self, *, every: float) -> NoReturn:
        """While the others can't be told, each process counts for itself."""
        outage = Outage(_log, "request counts are not shared")
        while True:
            await asyncio.sleep(every)
            try:
                await self.share()
            except (Conflict, Unavailable) as error:
                outage.is_met(error.detail)
            else:
                outage.is_over()

    def forget(self) -> None:
        self._tallies.clear()

    def _turn(
        self, caller: Hashable, limit: RateLimit, past: _Tally | None, at: datetime
    ) -> _Tally:
        if past is None and len(self._tallies) >= MOST_CALLERS:
            # The first to come: under an attack from everywhere, as good as any.
            self._tallies.pop(next(iter(self._tallies)))
        window = limit.window_at(at)
        count = Count(window) if past is None else past.count.at(limit, at)
        tally = _Tally(window + limit.window, count)
        self._tallies[caller] = tally
        return tally

    def _forget_the_absent(self, limit: RateLimit, at: datetime) -> None:
        absent = [
            caller for caller, tally in self._tallies.items() if tally.ends + limit.window <= at
        ]
        for caller in absent:
            del self._tallies[caller]
