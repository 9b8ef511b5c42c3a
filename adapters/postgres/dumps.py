"""A whole database as one stream of bytes, and back, by PostgreSQL's own programs."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from adapters.postgres.client_programs import find_program
from adapters.postgres.embedded.failure import last_complaint

Progress: TypeAlias = Callable[[int], None]
"""Is told how many bytes have gone by since it was last told."""

_CHUNK_SIZE = 256 * 1024
# Where it is restored there are other accounts.
_NOBODY_S = ("--no-owner", "--no-privileges")


class DumpFailed(Exception):
    """One line of what PostgreSQL complained of."""


def dump(dsn: str, sink: IO[bytes], progress: Progress, *, server: int) -> None:
    """As of one moment, while others go on. `server` is its major version. Raise `DumpFailed`, and
    then what was written is of no use."""
    options = ["--format=custom", "--lock-wait-timeout=10s", *_NOBODY_S]
    with _running(find_program("pg_dump", server=server), options, dsn) as process:
        _copy(_pipe(process.stdout), sink, progress)


def restore(dsn: str, source: IO[bytes], progress: Progress, *, server: int) -> None:
    """All of it or nothing, into a database that is empty. Raise `DumpFailed`."""
    options = ["--format=custom", "--single-transaction", "--exit-on-error", *_NOBODY_S]
    with (
        _running(find_program("pg_restore", server=server), options, dsn) as process,
        suppress(BrokenPipeError),  # where it has ended before all was read, it says why
        _pipe(process.stdin) as sink,
    ):
        _copy(source, sink, progress)


@contextmanager
def _running(
    program: Path, options: Sequence[str], dsn: str
) -> Iterator["subprocess.Popen[bytes]"]:
    url, password = _without_password(dsn)
    environment = {**os.environ, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "5"}
    if password is not None:
        environment["PGPASSWORD"] = password
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            [program, *options, f"--dbname={url}"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            complaints.seek(0)
            complaint = last_complaint(complaints.read().decode(errors="replace"))
            raise DumpFailed(f"{program.name}: {complaint}")


def _without_password(dsn: str) -> tuple[str, str | None]:
    """What everybody may see among the arguments of a process, and what nobody may."""
    parts = urlsplit(dsn)
    account, at, host = parts.netloc.rpartition("@")
    options = parse_qsl(parts.query)
    user, _, password = account.partition(":")
    given = [value for name, value in options if name == "password"]
    public = parts._replace(
        netloc=f"{user}{at}{host}",
        query=urlencode([each for each in options if each[0] != "password"]),
    )
    return public.geturl(), unquote(password) or next(iter(given), None)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("There is a pipe where one was asked for.")
    return stream


def _copy(source: IO[bytes], sink: IO[bytes], progress: Progress) -> None:
    while chunk := source.read(_CHUNK_SIZE):
        sink.write(chunk)
        progress(len(chunk))
