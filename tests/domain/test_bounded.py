"""Numbers and times within bounds."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bounded import (
    MAX_DECIMAL_PLACES,
    MAX_WHOLE_DIGITS,
    clean_date,
    clean_datetime,
    clean_decimal,
    clean_int,
)
from domain.errors import Invalid
from domain.text import MAX_INT64, MIN_INT64

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)


def code_of(clean: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Invalid) as refusal:
        clean()
    [error] = refusal.value.errors
    return error.field, error.code


def test_integers_fit_into_64_bits() -> None:
    assert clean_int("count", MIN_INT64) == MIN_INT64
    assert clean_int("count", MAX_INT64) == MAX_INT64
    assert code_of(lambda: clean_int("count", MAX_INT64 + 1)) == ("count", "out_of_range")
    assert code_of(lambda: clean_int("count", MIN_INT64 - 1)) == ("count", "out_of_range")


def test_bounds_are_within() -> None:
    assert clean_int("count", 1, least=1, most=1) == 1
    assert clean_decimal("price", Decimal(1), least=Decimal(1), most=Decimal(1)) == 1
    assert clean_date("due", DAY, least=DAY, most=DAY) == DAY
    assert clean_datetime("due", NOON, least=NOON, most=NOON) == NOON


def test_what_lies_outside_is_refused() -> None:
    one, second = Decimal(1), timedelta(seconds=1)
    for clean in (
        lambda: clean_int("it", 0, least=1),
        lambda: clean_int("it", 2, most=1),
        lambda: clean_decimal("it", Decimal("0.99"), least=one),
        lambda: clean_decimal("it", Decimal("1.01"), most=one),
        lambda: clean_date("it", DAY - timedelta(days=1), least=DAY),
        lambda: clean_date("it", DAY + timedelta(days=1), most=DAY),
        lambda: clean_datetime("it", NOON - second, least=NOON),
        lambda: clean_datetime("it", NOON + second, most=NOON),
    ):
        assert code_of(clean) == ("it", "out_of_range")


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("1.50", "1.50"),
        ("1E+3", "1000"),
        ("-0.00", "0.00"),
        ("1e-10", "0.0000000001"),
        ("9" * MAX_WHOLE_DIGITS, "9" * MAX_WHOLE_DIGITS),
        ("-" + "9" * MAX_WHOLE_DIGITS, "-" + "9" * MAX_WHOLE_DIGITS),
        ("0." + "1" * MAX_DECIMAL_PLACES, "0." + "1" * MAX_DECIMAL_PLACES),
    ],
)
def test_a_decimal_is_as_exact_as_it_was_written(number: str, kept: str) -> None:
    assert format(clean_decimal("price", Decimal(number)), "f") == kept


@pytest.mark.parametrize(
    "number", ["1" + "0" * MAX_WHOLE_DIGITS, "1E+100", "1E-11", "0.00000000000"]
)
def test_a_decimal_has_so_many_digits(number: str) -> None:
    assert code_of(lambda: clean_decimal("price", Decimal(number))) == ("price", "out_of_range")


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_decimal_is_finite(number: str) -> None:
    assert code_of(lambda: clean_decimal("price", Decimal(number))) == ("price", "not_finite")


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-9999, max_value=9999)
)
def test_no_decimal_changes_its_value(number: Decimal) -> None:
    assert clean_decimal("price", number) == number


def test_a_moment_is_kept_in_utc() -> None:
    kept = clean_datetime("due", NOON.astimezone(timezone(timedelta(hours=5, minutes=45))))

    assert (kept, kept.tzinfo) == (NOON, UTC)


def test_a_moment_has_a_time_zone() -> None:
    assert code_of(lambda: clean_datetime("due", NOON.replace(tzinfo=None))) == (
        "due",
        "no_time_zone",
    )


def test_a_moment_lies_in_the_calendar() -> None:
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    assert code_of(lambda: clean_datetime("due", first)) == ("due", "out_of_range")
