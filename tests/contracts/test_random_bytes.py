"""Chance."""

import pytest

from adapters.memory.clock import CountingBytes
from adapters.security.randomness import SystemRandomBytes
from application.clock import RandomBytes


@pytest.fixture(params=["memory", "system"])
def random_bytes(request: pytest.FixtureRequest) -> RandomBytes:
    return CountingBytes() if request.param == "memory" else SystemRandomBytes()


@pytest.mark.parametrize("length", [15, 16, 32])
def test_gives_as_many_as_were_asked_for(random_bytes: RandomBytes, length: int) -> None:
    assert len(random_bytes(length)) == length


def test_never_gives_the_same_twice(random_bytes: RandomBytes) -> None:
    assert len({random_bytes(16) for _ in range(1000)}) == 1000
