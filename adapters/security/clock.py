"""The system's clock."""

from datetime import UTC, datetime


class SystemClock:
    """To the microsecond, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
