"""How many features are made at once, and how often."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--features", type=int, default=4, help="how many there are at once")
    parser.addoption("--batches", type=int, default=1, help="how often there are so many others")


@pytest.fixture
def size(pytestconfig: pytest.Config) -> int:
    count: int = pytestconfig.getoption("--features")
    return count


@pytest.fixture
def times(pytestconfig: pytest.Config) -> int:
    count: int = pytestconfig.getoption("--batches")
    return count
