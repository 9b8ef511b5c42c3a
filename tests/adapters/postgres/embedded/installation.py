"""A data directory, and processes that use it."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import attrs
import pytest

from adapters.postgres.embedded.home import find_home
from adapters.postgres.embedded.launcher import EmbeddedPostgres
from adapters.postgres.embedded.locks import try_lock
from adapters.postgres.embedded.processes import is_postmaster
from adapters.postgres.embedded.server import PidFile
from adapters.postgres.embedded.waiting import attempts

PROJECT = Path(__file__).parents[4]
FAST = {"fsync": "off"}
ANOTHER_USER = """
import sys
from pathlib import Path
from adapters.postgres.embedded.launcher import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]), {"fsync": "off"}, system_place=Path(sys.argv[2]))
print(server.start(), flush=True)
sys.stdin.read()
server.stop()
"""
only_as_root = pytest.mark.as_root


@attrs.frozen
class Installation:
    """A data directory, and what is going on in it."""

    directory: Path
    system_place: Path
    users: list[EmbeddedPostgres] = attrs.field(factory=list)

    def user(self, settings: dict[str, str] | None = None) -> EmbeddedPostgres:
        user = EmbeddedPostgres(
            self.directory, FAST if settings is None else settings, system_place=self.system_place
        )
        self.users.append(user)
        return user

    def forget_users(self) -> None:
        """So that a test that failed halfway does not fail the next ones."""
        for user in self.users:
            user.stop()
        self.users.clear()

    @property
    def home(self) -> Path:
        return find_home(self.directory, self.system_place).path

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    def server_process(self) -> int:
        state = PidFile.read(self.cluster)
        assert state is not None
        return state.pid

    def kill_server(self) -> None:
        process = self.server_process()
        kill(process)
        wait_for_end_of(process, self.cluster)

    def has_processes(self) -> bool:
        if not self.directory.exists():
            return False
        lock = try_lock(self.home / "server.lock", fcntl.LOCK_EX)
        if lock is not None:
            os.close(lock)
        return lock is None

    @contextmanager
    def another_process(self) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [sys.executable, "-c", ANOTHER_USER, self.directory, self.system_place],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def new_installation(place: Path) -> Installation:
    parent = Path(tempfile.mkdtemp(dir=place))
    if os.geteuid() == 0:
        parent.chmod(0o711)
    return Installation(parent / "postgres", place / "system")


def url_from(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)
    assert process.returncode == 0


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


def wait_for_end_of(server: int, cluster: Path) -> None:
    for _ in attempts():
        if not is_postmaster(server, cluster, cluster):
            return
    raise TimeoutError


def sockets_of(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


async def run(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def remember(url: str) -> None:
    await run(url, "DROP TABLE IF EXISTS memory")
    await run(url, "CREATE TABLE memory AS SELECT 'kept' AS word")


async def recall(url: str) -> object:
    return await run(url, "SELECT word FROM memory")
