"""What is left of services that were killed, and of those that were not."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.telemetry.shared import Slot
from adapters.telemetry.shared_directory import new_shared_directory

PREFIX = "tessera-metrics-"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def left(place: Path) -> Path:
    """As `kill -9` leaves it: nobody has the lock any more."""
    directory = place / f"{PREFIX}left"
    directory.mkdir()
    (directory / "owner.lock").touch()
    return directory


def test_it_is_gone_at_the_end(place: Path) -> None:
    with new_shared_directory(PREFIX) as directory:
        assert directory.parent == place
    assert not directory.exists()


def test_what_the_killed_have_left_goes_when_the_next_begins(left: Path) -> None:
    with new_shared_directory(PREFIX):
        assert not left.exists()


def test_what_a_worker_still_counts_in_is_left_alone(left: Path) -> None:
    with Slot.taken(left), new_shared_directory(PREFIX):
        assert left.exists()


def test_two_services_leave_each_other_alone() -> None:
    with ExitStack() as services:
        one = services.enter_context(new_shared_directory(PREFIX))
        other = services.enter_context(new_shared_directory(PREFIX))
        assert one.exists()
        assert other.exists()


def test_what_somebody_else_has_made_is_left_alone(place: Path) -> None:
    directory = place / f"{PREFIX}of-gunicorn"
    directory.mkdir()
    with new_shared_directory(PREFIX):
        assert directory.exists()
