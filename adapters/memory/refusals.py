"""How many refusals one process records."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import attrs

from domain.access import UserId

MOST_OF_ONE = 10
MOST_OF_ALL = 600
_WINDOW = timedelta(minutes=1)


@attrs.define
class InProcessRefusalQuota:
    """So many a minute; those who were not signed in share the part of one."""

    _until: datetime = attrs.field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _recorded: "Counter[UserId | None]" = attrs.field(factory=Counter, init=False)
    _left_out: int = attrs.field(default=0, init=False)

    def take(self, user_id: UserId | None, *, at: datetime) -> int | None:
        if at >= self._until:
            self._until = at + _WINDOW
            self._recorded.clear()
        if self._recorded[user_id] >= MOST_OF_ONE or self._recorded.total() >= MOST_OF_ALL:
            self._left_out += 1
            return None
        self._recorded[user_id] += 1
        left_out, self._left_out = self._left_out, 0
        return left_out
