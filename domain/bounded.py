"""Numbers and times that are kept within bounds, and within what every database can hold."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

from domain.errors import Invalid
from domain.text import MAX_INT64, MIN_INT64

MAX_WHOLE_DIGITS = 20
MAX_DECIMAL_PLACES = 10

Bounded = TypeVar("Bounded", int, Decimal, date, datetime)


def clean_int(field: str, number: int, *, least: int = MIN_INT64, most: int = MAX_INT64) -> int:
    """Of 64 bits, or `Invalid` naming the field."""
    return _within(field, number, least, most, str)


def clean_decimal(
    field: str, number: Decimal, *, least: Decimal | None = None, most: Decimal | None = None
) -> Decimal:
    """As exact as it was written, or `Invalid` naming the field."""
    if not number.is_finite():
        raise Invalid.field(field, "not_finite", "must be finite")
    # Zero has no sign in a database.
    written = format(number or abs(number), "f")
    whole, _, places = written.lstrip("-").partition(".")
    if len(whole.lstrip("0")) > MAX_WHOLE_DIGITS or len(places) > MAX_DECIMAL_PLACES:
        raise Invalid.field(
            field,
            "out_of_range",
            f"must have at most {MAX_WHOLE_DIGITS} digits before the point"
            f" and {MAX_DECIMAL_PLACES} behind it",
        )
    return _within(field, Decimal(written), least, most, str)


def clean_date(
    field: str, day: date, *, least: date | None = None, most: date | None = None
) -> date:
    """A day of the calendar, or `Invalid` naming the field."""
    return _within(field, day, least, most, date.isoformat)


def clean_datetime(
    field: str, moment: datetime, *, least: datetime | None = None, most: datetime | None = None
) -> datetime:
    """A moment in UTC, or `Invalid` naming the field."""
    if moment.tzinfo is None:
        raise Invalid.field(field, "no_time_zone", "must say its time zone")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise Invalid.field(field, "out_of_range", "must lie in the years 1 to 9999") from None
    return _within(field, moment, least, most, datetime.isoformat)


def _within(
    field: str,
    value: Bounded,
    least: Bounded | None,
    most: Bounded | None,
    written: Callable[[Bounded], str],
) -> Bounded:
    if least is not None and value < least:
        raise Invalid.field(field, "out_of_range", f"must be at least {written(least)}")
    if most is not None and value > most:
        raise Invalid.field(field, "out_of_range", f"must be at most {written(most)}")
    return value
