"""Directories for PostgreSQL servers of the tests, gone afterwards with all that runs in them."""

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from adapters.postgres.embedded.launcher import EmbeddedPostgres

ServersIn: TypeAlias = Callable[[Path], Sequence[EmbeddedPostgres]]


@contextmanager
def place_for(servers_in: ServersIn, prefix: str) -> Iterator[Path]:
    # Root's servers run as another account, which must get there: so not below pytest's own
    # private directory.
    as_root = os.geteuid() == 0
    shared = Path("/tmp" if as_root else tempfile.gettempdir()).resolve()
    for left in shared.glob(f"{prefix}*"):
        _delete_if_abandoned(left, servers_in)
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=shared))
    if as_root:
        directory.chmod(0o711)
    # Other runs see by this lock that somebody is here: they wait for nothing and touch nothing.
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield directory
    finally:
        for each in servers_in(directory):
            each.erase()
        shutil.rmtree(directory)
        os.close(lock)


def _delete_if_abandoned(directory: Path, servers_in: ServersIn) -> None:
    """What a killed run left: the kernel freed its lock."""
    with suppress(FileNotFoundError):  # its run has just ended, and did this itself
        if directory.stat().st_uid != os.geteuid():
            return
        lock = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # One that is empty still may be somebody's who waits for this lock.
            if any(directory.iterdir()) and all(map(_erased, servers_in(directory))):
                shutil.rmtree(directory)
        except BlockingIOError:
            return
        finally:
            os.close(lock)


def _erased(server: EmbeddedPostgres) -> bool:
    _thaw(server.directory)
    return not server.directory.exists() or server.erase_unless_used()


def _thaw(directory: Path) -> None:
    """What a test had stopped when its run was killed does not end before it goes on."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended just now, or is another account's
            if (process / "cwd").readlink().is_relative_to(directory):
                os.kill(int(process.name), signal.SIGCONT)
