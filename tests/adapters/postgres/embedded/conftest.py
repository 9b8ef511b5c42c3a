"""Data directories: one that all share, and one for who wants it empty."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.postgres.embedded.installation import (
    Installation,
    new_installation,
)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A directory that the server's account reaches, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="tessera-", dir="/tmp")).resolve()
    if os.geteuid() == 0:
        made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def empty(place: Path) -> Iterator[Installation]:
    """Before the first start."""
    installation = new_installation(place)
    yield installation
    installation.user().erase()


@pytest.fixture(scope="session")
def shared(place: Path) -> Iterator[Installation]:
    installation = new_installation(place)
    yield installation
    installation.user().erase()


@pytest.fixture
def here(shared: Installation) -> Iterator[Installation]:
    """Used before. Making the data is nearly all that a start costs, so most tests share it."""
    if not shared.directory.exists():
        server = shared.user()
        server.start()
        server.stop()
    yield shared
    shared.forget_users()
    if shared.has_processes():
        shared.user().erase()
