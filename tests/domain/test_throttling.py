"""How often, and how long to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.throttling import AccountLocked, Count, RateLimit, RateLimited, network_of

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
TEN_IN_FIVE = RateLimit("login", 10, timedelta(minutes=5))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "quota", "window"),
    [
        ("10/5m", 10, timedelta(minutes=5)),
        (" 1200/60s ", 1200, timedelta(minutes=1)),
        ("5/1h", 5, timedelta(hours=1)),
        ("1/7d", 1, timedelta(days=7)),
    ],
)
def test_a_limit_is_a_number_and_a_time(text: str, quota: int, window: timedelta) -> None:
    assert RateLimit.parse("x", text) == RateLimit("x", quota, window)


@pytest.mark.parametrize("text", ["", "10", "0/5m", "10/0m", "-1/5m", "10/5", "10/8d", "1e3/5m"])
def test_refuses_what_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        RateLimit.parse("x", text)


def test_the_quota_is_allowed_and_no_more() -> None:
    count = Count(TEN_IN_FIVE.window_at(NOON))

    assert not count.plus(10).exceeds(TEN_IN_FIVE, NOON)
    assert count.plus(11).exceeds(TEN_IN_FIVE, NOON)


def test_the_turn_of_a_window_gives_no_second_quota() -> None:
    end = NOON + timedelta(minutes=5)
    full = Count(NOON, current=10)

    assert full.at(TEN_IN_FIVE, end).plus(1).exceeds(TEN_IN_FIVE, end)
    halfway = end + timedelta(minutes=2, seconds=30)
    assert not full.at(TEN_IN_FIVE, halfway).plus(5).exceeds(TEN_IN_FIVE, halfway)
    assert full.at(TEN_IN_FIVE, halfway).plus(6).exceeds(TEN_IN_FIVE, halfway)


def test_what_is_long_past_does_not_count() -> None:
    later = NOON + timedelta(minutes=10)

    assert Count(NOON, 10, 10).at(TEN_IN_FIVE, later) == Count(later)


def test_a_clock_that_is_behind_sees_the_window_that_is_there() -> None:
    ahead = Count(NOON, 10, 3)

    assert ahead.at(TEN_IN_FIVE, NOON - SECOND) == ahead
    assert ahead.plus(1).exceeds(TEN_IN_FIVE, NOON - SECOND)


@given(
    quota=st.integers(1, 50),
    current=st.integers(0, 50),
    previous=st.integers(0, 50),
    offset=st.floats(0, 0.999),
)
def test_one_more_is_allowed_after_the_wait_and_hardly_before(
    quota: int, current: int, previous: int, offset: float
) -> None:
    limit = RateLimit("x", quota, timedelta(minutes=5))
    count = Count(NOON, min(current, quota), min(previous, quota))
    moment = NOON + limit.window * offset
    wait = count.wait(limit, moment)
    after = moment + wait + timedelta(milliseconds=1)

    assert not count.at(limit, after).plus(1).exceeds(limit, after)
    if wait > SECOND:
        before = moment + wait - SECOND
        assert count.at(limit, before).plus(1).exceeds(limit, before)


def test_a_refusal_says_when_to_come_back() -> None:
    assert RateLimited(TEN_IN_FIVE, timedelta(seconds=1.2)).retry_after == 2
    assert AccountLocked(TEN_IN_FIVE, timedelta(0)).retry_after == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_stands_for_its_subscriber(address: str | None, network: str) -> None:
    assert network_of(address) == network
