"""Ids that rise, whatever the clock does, and the clock itself."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise, repeat
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.clock import SystemClock
from adapters.security.identifiers import Uuid7Factory

NOON = int(datetime(2026, 3, 14, 12, tzinfo=UTC).timestamp()) * 10**9


def milliseconds(made: UUID) -> int:
    return made.int >> 80


def are_rising(ids: list[UUID]) -> bool:
    return all(earlier < later for earlier, later in pairwise(ids))


def test_makes_version_7_of_the_standard_variant() -> None:
    made = Uuid7Factory()()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_begins_with_the_milliseconds_since_1970() -> None:
    made = Uuid7Factory(iter([NOON + 999_999]).__next__)()
    assert milliseconds(made) == NOON // 10**6


def test_matches_a_known_value() -> None:
    new_id = Uuid7Factory(
        lambda: 0x017F22E279B0 * 10**6, lambda _: bytes.fromhex("18c4dc0c0c07398f")
    )
    # RFC 9562, appendix A.6, but for the twelve bits that count parts of the millisecond here.
    assert str(new_id()) == "017f22e2-79b0-7000-98c4-dc0c0c07398f"


def test_rises_while_the_clock_stands_still() -> None:
    new_id = Uuid7Factory(repeat(NOON).__next__)
    made = [new_id() for _ in range(10_000)]
    assert are_rising(made)
    # More than 4096 in one millisecond borrow from the next ones.
    assert milliseconds(made[-1]) - milliseconds(made[0]) == 10_000 // 4096


def test_rises_while_the_clock_steps_back() -> None:
    times = iter([NOON, NOON - 3600 * 10**9, NOON - 10**6, NOON - 1, NOON, NOON + 10**6])
    new_id = Uuid7Factory(times.__next__)
    assert are_rising([new_id() for _ in range(6)])


@given(st.lists(st.integers(0, 2**62), min_size=2))
def test_rises_under_any_clock(times: list[int]) -> None:
    new_id = Uuid7Factory(iter(times).__next__)
    assert are_rising([new_id() for _ in times])


def test_rises_on_the_real_clock() -> None:
    new_id = Uuid7Factory()
    assert are_rising([new_id() for _ in range(20_000)])


def test_rises_within_each_of_many_threads_and_never_repeats() -> None:
    asking: list[None] = []

    def slow_clock() -> int:
        asking.append(None)
        time.sleep(1e-6)
        # Whoever else got in now would count on from the same tick.
        assert len(asking) == 1
        asking.pop()
        return NOON

    new_id = Uuid7Factory(slow_clock)

    def make(_: int) -> list[UUID]:
        return [new_id() for _ in range(200)]

    with ThreadPoolExecutor(8) as threads:
        batches = list(threads.map(make, range(8)))
    assert all(are_rising(batch) for batch in batches)
    # Rising ticks alone keep them apart, without the random bits.
    assert len({made.int >> 64 for batch in batches for made in batch}) == 1_600


@pytest.mark.parametrize("random_bytes", [b"\0" * 8, b"\xff" * 8])
def test_random_bits_never_touch_version_and_variant(random_bytes: bytes) -> None:
    made = Uuid7Factory(lambda: NOON, lambda _: random_bytes)()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_two_processes_at_the_same_moment_differ() -> None:
    assert Uuid7Factory(lambda: NOON)() != Uuid7Factory(lambda: NOON)()


def test_the_clock_tells_utc_now() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)
