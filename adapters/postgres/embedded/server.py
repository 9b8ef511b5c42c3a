"""One PostgreSQL server: started, asked and stopped."""

import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path

import attrs

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.binaries import Binaries
from adapters.postgres.embedded.cluster import make_cluster, must_be_of
from adapters.postgres.embedded.failure import EmbeddedPostgresError, last_complaint
from adapters.postgres.embedded.home import PORT, SOCKET_NAME, Home
from adapters.postgres.embedded.locks import open_as_owner, try_lock
from adapters.postgres.embedded.processes import is_postmaster
from adapters.postgres.embedded.waiting import PATIENCE_SECONDS, attempts
from domain.service_name import NAME

_MAX_LOG_BYTES = 10 * 1024 * 1024
_QUIT_PATIENCE_SECONDS = 5.0
_PSQL_NOT_CONNECTED = 2
_CREATE_DATABASE = (
    f"SELECT 'CREATE DATABASE \"{NAME}\"'"  # noqa: S608 - no stranger names it
    f" WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{NAME}') \\gexec\n"
)


@attrs.frozen
class PidFile:
    """What a running server writes about itself, some of it only by and by."""

    pid: int
    data_directory: Path
    socket_directory: Path
    is_ready: bool

    @classmethod
    def read(cls, cluster: Path) -> "PidFile | None":
        try:
            text = (cluster / "postmaster.pid").read_text(errors="surrogateescape")
        except FileNotFoundError:
            return None
        lines = [*text.splitlines(), *[""] * 8]
        if not lines[0].isdecimal():
            return None
        return cls(int(lines[0]), Path(lines[1]), Path(lines[4]), lines[7].strip() == "ready")


@attrs.frozen
class Server:
    """Its callers take turns by a lock of theirs. Whether it lives is told by its own lock file,
    which the server and all its processes inherit: once that is free none of them is left. No
    process number could prove as much, for a zombie, in a container or after a restart."""

    home: Home
    binaries: Binaries
    log: Path
    settings: Mapping[str, str]

    def ensure(self) -> Path:
        """Attach to the server or start it, and wait until it answers; its socket's directory."""
        for _ in attempts():
            lock = try_lock(self.home.server_lock, fcntl.LOCK_EX)
            if lock is not None:
                try:
                    log_began = self._start(lock)
                finally:
                    os.close(lock)
                return self._until_started(log_began)
            # It may be starting still, or the last processes of a killed server may be ending.
            if (sockets := self._with_database()) is not None:
                return sockets
        raise self._timed_out()

    def stop(self) -> None:
        for how, patience in (
            (signal.SIGINT, PATIENCE_SECONDS),
            (signal.SIGQUIT, _QUIT_PATIENCE_SECONDS),
        ):
            if self._ends(how, patience):
                return
        raise EmbeddedPostgresError(f"PostgreSQL does not stop: see {self.log}")

    def _ends(self, how: signal.Signals, patience: float) -> bool:
        signalled: PidFile | None = None
        for _ in attempts(patience):
            if self._is_gone():
                if signalled is not None:
                    self.home.forget_socket_directory(signalled.socket_directory)
                return True
            # Looked up each time: a server that is only just starting has no number yet.
            state = PidFile.read(self.home.cluster)
            if signalled is None and state is not None and self._is_live(state):
                with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                    os.kill(state.pid, how)
                signalled = state
        return False

    def _until_started(self, log_began: int) -> Path:
        for _ in attempts():
            if (sockets := self._with_database()) is not None:
                return sockets
            if self._is_gone():
                raise EmbeddedPostgresError(f"PostgreSQL ended: {self._complaint(log_began)}")
        raise self._timed_out()

    def _start(self, lock: int) -> int:
        sockets = self.home.socket_directory()
        self._clear_the_way(sockets)
        binaries = self.home.runnable(self.binaries)
        if self.home.has_cluster:
            must_be_of(binaries, self.home)
        else:
            durable = self.settings.get("fsync", "on") == "on"
            make_cluster(self.home, binaries, durable=durable, lock=lock)
        options = {**self.settings, "listen_addresses": "", "unix_socket_permissions": "0700"}
        command: list[str | Path] = [binaries.postgres, "-D", self.home.cluster]
        command += ["-k", sockets, "-p", str(PORT)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG_BYTES:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        with os.fdopen(open_as_owner(self.log, os.O_WRONLY | os.O_APPEND), "ab") as log:
            began = log.seek(0, os.SEEK_END)
            self.home.account.launch(command, log, keep_open=[lock])
        return began

    def _clear_the_way(self, sockets: Path) -> None:
        state = PidFile.read(self.home.cluster)
        if state is not None and self._is_live(state):
            raise EmbeddedPostgresError(
                f"another PostgreSQL (process {state.pid}), not started by {NAME}, runs on"
                f" {self.home.cluster}: stop it first"
            )
        # PostgreSQL removes what a killed server left, but not if its number is in use again, if
        # it is a zombie's, or if a power cut left the file empty.
        leftovers = (
            self.home.cluster / "postmaster.pid",
            sockets / SOCKET_NAME,
            sockets / f"{SOCKET_NAME}.lock",
        )
        for path in leftovers:
            path.unlink(missing_ok=True)

    def _with_database(self) -> Path | None:
        """Where it answers; None if it does not yet, or no longer."""
        state = PidFile.read(self.home.cluster)
        if state is None or not state.is_ready or not _accepts(state.socket_directory):
            return None
        psql: list[str | Path] = [self.binaries.psql, "-XqAt", "-v", "ON_ERROR_STOP=1"]
        psql += ["-U", "postgres", "-h", state.socket_directory, "-p", str(PORT), "postgres"]
        answer = Account.current().run(psql, text=_CREATE_DATABASE)
        if answer.returncode == _PSQL_NOT_CONNECTED and not _accepts(state.socket_directory):
            return None  # killed between the two questions
        if answer.returncode != 0:
            raise EmbeddedPostgresError(
                f"PostgreSQL runs and refuses: {last_complaint(answer.stdout)}"
            )
        return state.socket_directory

    def _is_live(self, state: PidFile) -> bool:
        return is_postmaster(state.pid, self.home.cluster, state.data_directory)

    def _is_gone(self) -> bool:
        lock = try_lock(self.home.server_lock, fcntl.LOCK_EX)
        if lock is None:
            return False
        os.close(lock)
        return True

    def _timed_out(self) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            f"PostgreSQL did not answer within {PATIENCE_SECONDS:.0f} s; it may still be"
            f" recovering: see {self.log}, and try again"
        )

    def _complaint(self, log_began: int) -> str:
        with self.log.open("rb") as log:
            log.seek(log_began)
            return last_complaint(log.read().decode(errors="replace"))


def _accepts(sockets: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(sockets / SOCKET_NAME))
        except OSError:
            return False
    return True
