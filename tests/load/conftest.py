"""What is measured, and so runs with nothing beside it."""

from collections.abc import Iterator

import pytest

from tests.system.service import Installation, an_installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    with an_installation() as made:
        yield made
