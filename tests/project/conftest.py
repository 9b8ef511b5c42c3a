"""One project of each kind for all that is asked of it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.made import Made


@pytest.fixture(scope="session", params=[True, False], ids=["with items", "without items"])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    # Somewhere short, for the sake of the sockets that its tests make.
    with tempfile.TemporaryDirectory(prefix="tessera-", dir="/tmp") as place:
        yield Made.in_(Path(place), has_items=request.param)
