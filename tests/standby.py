"""A primary and a streaming standby of it, both real, for as long as a block lasts."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import attrs

from adapters.postgres.embedded.binaries import find_binaries
from adapters.postgres.embedded.home import find_home
from adapters.postgres.embedded.launcher import EmbeddedPostgres
from adapters.postgres.embedded.waiting import attempts
from tests.places import place_for

_PREFIX = "tessera-standby-"
_SETTINGS = {
    # Nothing here outlives the run, let alone a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "replica",
    "max_connections": "100",
    # What a read on the standby stands in the way of waits for it no longer than this.
    "max_standby_streaming_delay": "100ms",
}


@attrs.frozen
class Node:
    """One of the two, by the URL of its database `tessera`."""

    url: str
    _postgres: EmbeddedPostgres

    def stop(self) -> None:
        """As an administrator does."""
        self._signal(signal.SIGINT)
        for _ in attempts():
            if not self._pid_file.exists():
                return
        raise AssertionError("PostgreSQL does not stop")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it hold its connections and answer nothing."""
        try:
            self._signal_all(signal.SIGSTOP)
            yield
        finally:
            self._signal_all(signal.SIGCONT)

    def start(self) -> None:
        self._postgres.start()

    @property
    def _pid_file(self) -> Path:
        return self._postgres.directory / "cluster" / "postmaster.pid"

    @property
    def _pid(self) -> int:
        return int(self._pid_file.read_text(encoding="utf-8").partition("\n")[0])

    def _signal(self, how: signal.Signals) -> None:
        os.kill(self._pid, how)

    def _signal_all(self, how: signal.Signals) -> None:
        """The server and the processes that serve its connections."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text(encoding="ascii")
        for pid in (self._pid, *map(int, children.split())):
            with suppress(ProcessLookupError):  # its connection has just been closed
                os.kill(pid, how)


@attrs.frozen
class Pair:
    primary: Node
    standby: Node


@contextmanager
def primary_and_standby() -> Iterator[Pair]:
    with place_for(_servers_in, _PREFIX) as directory:
        standby, primary = _servers_in(directory)
        url = primary.start()
        _copy(url, standby.directory, directory / "system")
        yield Pair(Node(url, primary), Node(standby.start(), standby))


def _servers_in(directory: Path) -> list[EmbeddedPostgres]:
    return [
        EmbeddedPostgres(directory / name, _SETTINGS, system_place=directory / "system")
        for name in ("standby", "primary")
    ]


def _copy(url: str, directory: Path, system_place: Path) -> None:
    directory.mkdir(mode=0o711)
    home = find_home(directory, system_place)
    programs = home.runnable(find_binaries()).directory
    home.cluster.mkdir(mode=0o700)
    home.account.own(home.cluster)
    sockets = parse_qs(urlsplit(url).query)["host"][0]
    answer = home.account.run(
        [
            programs / "pg_basebackup",
            f"--pgdata={home.cluster}",
            f"--dbname=host={sockets} user=postgres",
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
        ]
    )
    assert answer.returncode == 0, answer.stdout
