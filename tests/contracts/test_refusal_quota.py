"""Refusals are recorded, but nobody fills the trail with them."""

from datetime import timedelta

import pytest

from adapters.memory.refusals import MOST_OF_ALL, MOST_OF_ONE, InProcessRefusalQuota
from application.audit.ports import RefusalQuota
from domain.access import UserId
from tests.builders import LATER, new_id

MINUTE = timedelta(minutes=1)


@pytest.fixture
def quota() -> RefusalQuota:
    return InProcessRefusalQuota()


def test_nobody_takes_more_than_their_part(quota: RefusalQuota) -> None:
    ann, bob = UserId(new_id()), UserId(new_id())

    taken = [quota.take(ann, at=LATER) for _ in range(MOST_OF_ONE + 7)]

    assert taken == [0] * MOST_OF_ONE + [None] * 7
    assert quota.take(bob, at=LATER) == 7
    assert quota.take(None, at=LATER) == 0


def test_a_part_is_good_for_a_minute(quota: RefusalQuota) -> None:
    ann = UserId(new_id())
    for _ in range(MOST_OF_ONE):
        quota.take(ann, at=LATER)

    assert quota.take(ann, at=LATER + MINUTE / 2) is None
    assert quota.take(ann, at=LATER + MINUTE) == 1


def test_all_together_take_no_more_than_there_is(quota: RefusalQuota) -> None:
    taken = [quota.take(UserId(new_id()), at=LATER) for _ in range(MOST_OF_ALL + 1)]

    assert taken[-2:] == [0, None]
