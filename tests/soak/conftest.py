"""How long it goes on."""

from collections.abc import Iterator

import pytest

from tests.system.service import Installation, an_installation


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", type=float, default=10.0, help="how long the load lasts")


@pytest.fixture
def minutes(pytestconfig: pytest.Config) -> float:
    return float(pytestconfig.getoption("--minutes"))


@pytest.fixture
def installation() -> Iterator[Installation]:
    with an_installation() as made:
        yield made
