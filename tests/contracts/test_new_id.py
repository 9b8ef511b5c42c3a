"""Ids: UUIDs of version 7 that rise."""

from itertools import pairwise
from uuid import RFC_4122

import pytest

from adapters.memory.clock import CountingIds
from adapters.security.identifiers import Uuid7Factory
from application.clock import NewId


@pytest.fixture(params=["memory", "uuid7"])
def new_id(request: pytest.FixtureRequest) -> NewId:
    return CountingIds() if request.param == "memory" else Uuid7Factory()


def test_ids_are_uuids_of_version_7(new_id: NewId) -> None:
    for _ in range(100):
        made = new_id()
        assert (made.version, made.variant) == (7, RFC_4122)


def test_each_is_later_than_all_before(new_id: NewId) -> None:
    made = [new_id() for _ in range(10_000)]

    assert all(earlier < later for earlier, later in pairwise(made))


def test_the_last_digits_tell_ids_apart(new_id: NewId) -> None:
    """Usernames that are made from an email lean on them."""
    assert len({new_id().hex[-8:] for _ in range(100)}) == 100


def test_ids_in_tests_are_the_same_every_time() -> None:
    assert [CountingIds()() for _ in range(2)] == [CountingIds()(), CountingIds()()]
