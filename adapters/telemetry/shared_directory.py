"""Directories for what several processes count, which go with the last of those who use them."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OWNER = "owner.lock"


@contextmanager
def new_shared_directory(prefix: str) -> Iterator[Path]:
    """Gone at the end of the block, and at its beginning whatever of this prefix was left by those
    whose processes were all killed."""
    _sweep(prefix)
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        directory = Path(name)
        # Locked by its name only once it is locked, or a sweep could come in between.
        unnamed = directory / "owner"
        owner = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(owner, fcntl.LOCK_EX)
            unnamed.rename(directory / _OWNER)
            yield directory
        finally:
            os.close(owner)


def _sweep(prefix: str) -> None:
    for directory in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        # Somebody else's, or just gone.
        with suppress(OSError):
            if (directory / _OWNER).exists() and not any(map(_is_held, directory.glob("*.lock"))):
                shutil.rmtree(directory)


def _is_held(lock: Path) -> bool:
    opened = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(opened)
    return False
