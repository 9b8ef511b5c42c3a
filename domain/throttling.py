"""How often something may be tried, and how long to wait after that."""

import ipaddress
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Self

import attrs

from domain.errors import TooMany

_RATE = re.compile(r"([1-9][0-9]{0,9})/([1-9][0-9]{0,5})([smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=7)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@attrs.frozen
class RateLimit:
    """At most `quota` times in any `window`."""

    name: str
    """Tells callers which of several limits they met."""
    quota: int
    window: timedelta

    @classmethod
    def parse(cls, name: str, text: str) -> Self:
        """From `10/5m`: a number, and a time in s, m, h or d. Raise `ValueError`."""
        match = _RATE.match(text.strip())
        if match is None:
            raise ValueError("must be such as 10/5m, or off")
        quota, length, unit = match.groups()
        window = timedelta(**{_UNITS[unit]: int(length)})
        if window > _LONGEST:
            raise ValueError("must not reach further back than 7d")
        return cls(name, int(quota), window)

    def window_at(self, at: datetime) -> datetime:
        """The start of the window that `at` falls into: the same for every process."""
        return at - (at - _EPOCH) % self.window


@attrs.frozen
class Count:
    """How often something happened in this window and in the one before.

    What happened before is taken to have been spread evenly, so that two numbers do for a window
    that slides: nobody gets double the quota by waiting for the turn of the hour.
    """

    window: datetime
    current: int = 0
    previous: int = 0

    def at(self, limit: RateLimit, moment: datetime) -> "Count":
        """The same, seen from a later window."""
        window = limit.window_at(moment)
        if window <= self.window:
            return self
        if window - self.window == limit.window:
            return Count(window, 0, self.current)
        return Count(window)

    def plus(self, times: int) -> "Count":
        return attrs.evolve(self, current=self.current + times)

    def exceeds(self, limit: RateLimit, moment: datetime) -> bool:
        elapsed = max((moment - self.window) / limit.window, 0.0)
        return self.previous * max(1.0 - elapsed, 0.0) + self.current > limit.quota

    def wait(self, limit: RateLimit, moment: datetime) -> timedelta:
        """Until one more would not exceed the limit, if none comes meanwhile."""
        room = limit.quota - 1
        if self.current <= room:
            weight = (room - self.current) / self.previous if self.previous else 1.0
            clear_at = self.window + limit.window * max(1.0 - weight, 0.0)
        else:
            weight = room / self.current
            clear_at = self.window + limit.window * (2.0 - weight)
        return max(clear_at - moment, timedelta(0))


class Throttled(TooMany):
    """A limit was met."""

    def __init__(self, limit: RateLimit, wait: timedelta) -> None:
        self.limit = limit
        super().__init__(retry_after=max(math.ceil(wait.total_seconds()), 1))


class RateLimited(Throttled):
    """Too many requests of this kind came from you, or from where you are. Wait for the seconds in
    `Retry-After`; `RateLimit-Policy` says what is allowed."""

    code = "rate_limited"
    title = "Too many requests"


class AccountLocked(Throttled):
    """Somebody failed too often to sign in to this account, or sent too many wrong codes. The lock
    is short, and it ends by itself: wait for the seconds in `Retry-After`. Sessions that are signed
    in go on; wrong passwords lock nobody out from where the account's owner has signed in
    before."""

    code = "account_locked"
    title = "The account is locked for a moment"


def network_of(address: str | None) -> str:
    """Whom an address stands for: of IPv6, one subscriber has a whole /64."""
    if address is None:
        return "unknown"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None:
        return str(mapped)
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
