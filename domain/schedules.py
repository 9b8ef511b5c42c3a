"""When what happens again and again is due."""

from datetime import datetime, time, timedelta
from typing import TypeAlias

import attrs


@attrs.frozen
class Every:
    """Counted from when it was last due for somebody."""

    interval: timedelta = attrs.field(validator=attrs.validators.ge(timedelta(seconds=10)))

    def next_after(self, moment: datetime) -> datetime:
        return moment + self.interval


@attrs.frozen
class DailyAt:
    """Once a day."""

    time_of_day: time
    """In UTC, so that no day has two of it, or none."""

    def next_after(self, moment: datetime) -> datetime:
        today = datetime.combine(moment.date(), self.time_of_day, tzinfo=moment.tzinfo)
        return today if today > moment else today + timedelta(days=1)


Timetable: TypeAlias = Every | DailyAt
