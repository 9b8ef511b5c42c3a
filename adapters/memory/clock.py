"""Time that stands still, and ids and chance that count, so that tests are exact."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs

_NOON = datetime(2026, 3, 14, 12, 0, 0, 123456, tzinfo=UTC)


@attrs.define
class FixedClock:
    """Moves only when it is told to."""

    moment: datetime = _NOON

    def now(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


@attrs.define
class CountingIds:
    """UUIDv7s (RFC 9562 §5.7) that begin at the same one every time and rise."""

    made: int = 0

    def __call__(self) -> UUID:
        self.made += 1
        milliseconds = int(_NOON.timestamp() * 1000) + self.made
        version, variant = 7, 0b10
        return UUID(int=milliseconds << 80 | version << 76 | variant << 62 | self.made)


@attrs.define
class CountingBytes:
    """No two alike, and the same every time."""

    made: int = 0

    def __call__(self, length: int) -> bytes:
        self.made += 1
        return self.made.to_bytes(length, "big")
