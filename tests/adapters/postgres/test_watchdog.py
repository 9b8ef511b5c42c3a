"""How long a server may be silent, told in looks."""

from collections.abc import Callable

import attrs
import pytest

from adapters.postgres.watchdog import LOOK_EVERY, Watchdog

LOOKS = 4


@attrs.define(eq=False)
class Line:
    """Something that can be broken off."""

    is_broken: bool = False

    def is_closed(self) -> bool:
        return self.is_broken

    def terminate(self) -> None:
        self.is_broken = True


@attrs.define
class Alarm:
    times: int = 0

    def __call__(self) -> None:
        self.times += 1


def a_watchdog(alarm: Callable[[], None]) -> Watchdog:
    return Watchdog(LOOKS * LOOK_EVERY, alarm)


def looks_until_broken(watchdog: Watchdog, line: Line) -> int:
    for looks in range(1000):
        if line.is_broken:
            return looks
        watchdog.look()
    return 1000


async def test_a_statement_is_waited_for_as_long_as_it_may_take_and_no_longer() -> None:
    alarm = Alarm()
    watchdog, line, idle = a_watchdog(alarm), Line(), Line()
    watchdog.watched(idle)
    with watchdog.watched(line):
        assert looks_until_broken(watchdog, line) == LOOKS + 1
    assert (alarm.times, idle.is_broken) == (1, False)


async def test_each_statement_has_its_time_to_itself() -> None:
    watchdog, line = a_watchdog(Alarm()), Line()
    for _ in range(3):
        with watchdog.watched(line):
            for _ in range(LOOKS):
                watchdog.look()
    assert not line.is_broken


async def test_nobody_is_hurried_between_two_statements() -> None:
    watchdog, line = a_watchdog(Alarm()), Line()
    with watchdog.watched(line):
        watchdog.look()
    assert looks_until_broken(watchdog, line) == 1000


@pytest.mark.parametrize(("size", "looks"), [(0, LOOKS), (1, LOOKS), (10, 10 * LOOKS)])
async def test_a_batch_has_the_time_of_all_its_statements(size: int, looks: int) -> None:
    watchdog, line = a_watchdog(Alarm()), Line()
    with watchdog.watched(line).batch("SELECT 1", size):
        assert looks_until_broken(watchdog, line) == looks + 1


async def test_what_is_closed_is_watched_no_more() -> None:
    alarm = Alarm()
    watchdog, line = a_watchdog(alarm), Line()
    with watchdog.watched(line):
        looks_until_broken(watchdog, line)
        for _ in range(LOOKS + 1):
            watchdog.look()
    assert alarm.times == 1
