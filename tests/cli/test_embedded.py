"""Commands that bring a database of their own: the real thing, in processes of their own."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.postgres.embedded.launcher import EmbeddedPostgres
from adapters.postgres.embedded.server import PidFile
from tests.cli.commands import PASSWORD, SCRIPT, SETTINGS


@pytest.fixture
def data() -> Iterator[Path]:
    """A short path that the server's account reaches, unlike pytest's own."""
    place = Path(tempfile.mkdtemp(prefix="tessera-", dir="/tmp"))
    if os.geteuid() == 0:
        place.chmod(0o711)
    yield place / "data"
    EmbeddedPostgres(place / "data" / "postgres").erase()
    shutil.rmtree(place)


def answer(data: Path, *words: str, stdin: str = "") -> str:
    environment = {**os.environ, **SETTINGS, "DATA_DIR": str(data)}
    environment.pop("DATABASE_URL", None)
    ended = subprocess.run(
        [*SCRIPT, *words],
        input=stdin,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return ended.stdout


def is_running(data: Path) -> bool:
    return bool(list(data.rglob("postmaster.pid")))


def test_starts_migrates_and_stops_its_own_database(data: Path) -> None:
    answer(data, "users", "create", "ada@example.com", "--password-stdin", stdin=PASSWORD)
    assert not is_running(data)
    assert json.loads(answer(data, "users", "list", "--json"))["total"] == 1
    assert json.loads(answer(data, "config", "check", "--json"))["ok"] is True
    assert not is_running(data)


def test_shares_the_database_with_who_started_it(data: Path) -> None:
    server = EmbeddedPostgres(data / "postgres", {"fsync": "off"})
    server.start()
    answer(data, "users", "create", "ada@example.com", "--password-stdin", stdin=PASSWORD)
    [cluster] = [path.parent for path in data.rglob("postmaster.pid")]
    assert PidFile.read(cluster) is not None
    server.stop()
    assert not is_running(data)
