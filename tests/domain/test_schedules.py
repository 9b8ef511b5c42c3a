"""When what happens again and again is due."""

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.schedules import DailyAt, Every

NOON = datetime(2026, 3, 14, 12, 0, 0, 5, tzinfo=UTC)


def test_every_so_often() -> None:
    assert Every(timedelta(minutes=5)).next_after(NOON) == NOON + timedelta(minutes=5)


def test_not_more_often_than_anybody_looks() -> None:
    with pytest.raises(ValueError, match="interval"):
        Every(timedelta(seconds=9))


@pytest.mark.parametrize(
    ("at", "following"),
    [
        (time(13, 30), datetime(2026, 3, 14, 13, 30, tzinfo=UTC)),
        (time(3, 10), datetime(2026, 3, 15, 3, 10, tzinfo=UTC)),
        (time(12), datetime(2026, 3, 15, 12, tzinfo=UTC)),
    ],
)
def test_daily(at: time, following: datetime) -> None:
    assert DailyAt(at).next_after(NOON) == following


def test_daily_goes_on_to_the_next_day() -> None:
    midnight = DailyAt(time(0))
    first = midnight.next_after(datetime(2026, 12, 30, 23, tzinfo=UTC))
    assert midnight.next_after(first) == datetime(2027, 1, 1, tzinfo=UTC) - timedelta(days=0)
