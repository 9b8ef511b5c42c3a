"""What issues and verifies access tokens, at noon."""

import pytest

from adapters.memory.clock import FixedClock
from adapters.security.access_tokens import JwtAccessTokens
from tests.adapters.security.forging import (
    NOON,
    tokens_of,
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def tokens(clock: FixedClock) -> JwtAccessTokens:
    return tokens_of(clock=clock)
