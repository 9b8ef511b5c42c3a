"""Chance, within bounds."""

from datetime import timedelta

import pytest

from adapters.memory.jobs import NoJitter
from adapters.security.jitter import SystemJitter
from application.jobs.ports import Jitter

LONGEST = timedelta(seconds=10)


@pytest.mark.parametrize("jitter", [NoJitter(), SystemJitter()])
def test_lies_between_nothing_and_the_longest(jitter: Jitter) -> None:
    for _ in range(100):
        assert timedelta() <= jitter(LONGEST) <= LONGEST
    assert jitter(timedelta()) == timedelta()


def test_what_failed_together_does_not_come_back_together() -> None:
    delays = [SystemJitter()(LONGEST) for _ in range(1000)]
    assert len(set(delays)) > 990
    assert timedelta(seconds=4) < sum(delays, timedelta()) / 1000 < timedelta(seconds=6)
