"""Every test has a service of its own."""

import pytest

from tests.application.service import Service


@pytest.fixture
def service() -> Service:
    return Service()
