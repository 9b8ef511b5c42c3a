"""Somebody who was let in for longer than a request."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import attrs

from application.auth.ports import Caller, RightsChanges
from application.clock import Clock
from domain.access import Actor
from domain.auth import TokenExpired

_TRUSTED_FOR = timedelta(seconds=15)
"""The bound on staleness that holds even where a change is never heard of."""


@attrs.define(eq=False, kw_only=True)
class Admission:
    """Ends with the token, the session or the API key, and knows of changed rights as soon as this
    process does. Asking costs nothing while nothing has changed."""

    find: Callable[[], Awaitable[Caller]]
    """Raises whatever keeps the caller out by now."""
    rights: RightsChanges
    clock: Clock
    expires_at: datetime | None
    """Of the token; when the session or the key does is known of them."""
    _caller: Caller | None = attrs.field(default=None, init=False)
    _heard: int = attrs.field(default=0, init=False)
    _trusted_until: datetime | None = attrs.field(default=None, init=False)

    async def actor(self) -> Actor:
        """As whom the caller acts by now."""
        now = self.clock.now()
        if self.expires_at is not None and now >= self.expires_at:
            raise TokenExpired
        heard = self.rights.heard
        if (
            self._caller is None
            or heard != self._heard
            or self._trusted_until is None
            or now >= self._trusted_until
        ):
            # A change that is heard while they are looked up is looked for once more.
            self._caller = await self.find()
            self._heard = heard
            until = now + _TRUSTED_FOR
            expires_at = self._caller.expires_at
            self._trusted_until = until if expires_at is None else min(until, expires_at)
        return self._caller.actor

    def seconds_left(self) -> float:
        """Until whoever asks learns something new, whether or not they are told of it."""
        now = self.clock.now()
        ends = [end for end in (self.expires_at, self._trusted_until) if end is not None]
        return max(min(((end - now).total_seconds() for end in ends), default=0.0), 0.0) + 0.01
