"""Locks between processes. The kernel frees them however a process ends, kill -9 included, which
no list of process ids in a file can promise."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.postgres.embedded.failure import EmbeddedPostgresError
from adapters.postgres.embedded.waiting import attempts


def open_as_owner(path: Path, flags: int) -> int:
    """Open or create a private file. Made by root in someone's directory, it becomes theirs: they
    must be able to open it when they come back without root."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        parent = path.parent.stat()
        os.fchown(descriptor, parent.st_uid, parent.st_gid)
    return descriptor


def try_lock(path: Path, kind: int) -> int | None:
    """The open, locked file; None if others hold it. Closing it, in this process and in all that
    inherited it, frees the lock."""
    descriptor = open_as_owner(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


class DirectoryGoneError(Exception):
    """Somebody deleted the directory of the lock, and with it all that it guarded."""


@contextmanager
def alone(path: Path, make_parent: Callable[[], None] | None = None) -> Iterator[None]:
    """Only one process at a time in here. Without `make_parent` the directory must be there."""
    descriptor = _wait_for(path, make_parent)
    try:
        yield
    finally:
        os.close(descriptor)


def _wait_for(path: Path, make_parent: Callable[[], None] | None) -> int:
    for _ in attempts():
        if make_parent is not None:
            make_parent()
        try:
            descriptor = try_lock(path, fcntl.LOCK_EX)
        except FileNotFoundError as error:
            if make_parent is None:
                raise DirectoryGoneError(path.parent) from error
            continue  # deleted between the two lines above
        if descriptor is None:
            continue
        if _still_names(path, descriptor):
            return descriptor
        os.close(descriptor)
    raise EmbeddedPostgresError(
        f"another process has been starting or stopping the PostgreSQL in {path.parent} for too"
        " long: try again, or end that process"
    )


def _still_names(path: Path, descriptor: int) -> bool:
    """Whether the lock just won is the one that others will ask for: its directory may have been
    deleted and made anew while this process waited."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
