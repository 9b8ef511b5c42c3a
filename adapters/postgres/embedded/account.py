"""Whom PostgreSQL runs as. It refuses root, so root hands it to an account without rights."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import attrs

from adapters.postgres.embedded.failure import EmbeddedPostgresError
from adapters.postgres.embedded.waiting import PATIENCE_SECONDS

_UNPRIVILEGED = ("postgres", "_postgres", "nobody")
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def _environment() -> dict[str, str]:
    """Next to nothing: PG* variables would change the server's defaults, and secrets of this
    service have no business in the environment of another account's process."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C", "TZ": "UTC", "PGCONNECT_TIMEOUT": "5"}


@attrs.frozen
class Account:
    """The account of the server and its files."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> "Account":
        return cls(os.geteuid(), os.getegid())

    @classmethod
    def owning(cls, path: Path) -> "Account":
        owner = path.stat()
        return cls(owner.st_uid, owner.st_gid)

    @classmethod
    def unprivileged(cls) -> "Account":
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        for name in _UNPRIVILEGED:
            if name in known:
                return cls(known[name].pw_uid, known[name].pw_gid)
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to"
            " run it as: use an ordinary account, or set DATABASE_URL"
        )

    @property
    def is_another(self) -> bool:
        return self.uid != os.geteuid()

    def __str__(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"uid {self.uid}"

    def own(self, path: Path) -> None:
        if self.is_another:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, directory: Path) -> bool:
        """Tried, not computed: modes, ACLs and mounts all have a say."""
        return self.run(["/bin/sh", "-c", 'test -x "$1"', "sh", directory]).returncode == 0

    def run(
        self, command: Sequence[str | Path], *, text: str = "", keep_open: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a short program to its end. `text` is what it reads; its stdout and stderr are kept
        together in `stdout`."""
        try:
            return subprocess.run(
                command,
                input=text,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=PATIENCE_SECONDS,
                check=False,
                cwd="/",
                env=_environment(),
                pass_fds=keep_open,
                start_new_session=True,
                user=self._user,
                group=self._group,
                extra_groups=self._extra_groups,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedPostgresError(
                f"{Path(command[0]).name} did not end within {PATIENCE_SECONDS:.0f} s"
            ) from error

    def launch(
        self, command: Sequence[str | Path], log: IO[bytes], *, keep_open: Sequence[int] = ()
    ) -> None:
        """Start a program that outlives this one: in a session of its own, where a Ctrl-C in this
        terminal does not reach it, and as nobody's child here, so that it leaves no zombie."""
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=PATIENCE_SECONDS,
            check=True,
            cwd="/",
            env=_environment(),
            pass_fds=keep_open,
            start_new_session=True,
            user=self._user,
            group=self._group,
            extra_groups=self._extra_groups,
        )

    @property
    def _user(self) -> int | None:
        return self.uid if self.is_another else None

    @property
    def _group(self) -> int | None:
        return self.gid if self.is_another else None

    @property
    def _extra_groups(self) -> list[int] | None:
        return [] if self.is_another else None
