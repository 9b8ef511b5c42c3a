"""Where it happens, and how long it goes on."""

from collections.abc import Iterator

import pytest

from tests.system.service import Installation, an_installation


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=20, help="how many faults there are in all")


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> int:
    """Half of them: there are two tests, one without workers and one with them."""
    count: int = pytestconfig.getoption("--rounds")
    return count // 2


@pytest.fixture
def installation() -> Iterator[Installation]:
    with an_installation() as made:
        yield made
