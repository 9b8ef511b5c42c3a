"""Where it happens, and how long it goes on."""

from collections.abc import Iterator

import pytest

from tests.system.service import Installation, an_installation


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=20, help="how many faults there are")


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> int:
    count: int = pytestconfig.getoption("--rounds")
    return count


@pytest.fixture
def installation() -> Iterator[Installation]:
    with an_installation() as made:
        yield made
