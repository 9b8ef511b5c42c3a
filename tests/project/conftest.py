"""One project for all that is asked of it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.made import Made


@pytest.fixture(scope="session")
def made() -> Iterator[Made]:
    # Somewhere short, for the sake of the sockets that its tests make.
    with tempfile.TemporaryDirectory(prefix="tessera-", dir="/tmp") as place:
        yield Made.in_(Path(place))
