"""Time."""

from datetime import timedelta

import pytest

from adapters.memory.clock import FixedClock
from adapters.security.clock import SystemClock
from application.clock import Clock


@pytest.fixture(params=["memory", "system"])
def clock(request: pytest.FixtureRequest) -> Clock:
    return FixedClock() if request.param == "memory" else SystemClock()


def test_the_present_is_told_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_the_present_has_microseconds(clock: Clock) -> None:
    assert any(clock.now().microsecond % 1000 for _ in range(1000))


def test_a_fixed_clock_moves_when_it_is_told_to() -> None:
    clock = FixedClock()
    before = clock.now()

    assert clock.now() == before
    clock.advance(timedelta(days=1))
    assert clock.now() == before + timedelta(days=1)
