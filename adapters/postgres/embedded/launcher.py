"""The embedded PostgreSQL as its users see it: start, a URL, stop."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import attrs

from adapters.postgres.embedded.binaries import Binaries, find_binaries
from adapters.postgres.embedded.failure import EmbeddedPostgresError
from adapters.postgres.embedded.home import PORT, SYSTEM_PLACE, find_home
from adapters.postgres.embedded.locks import DirectoryGoneError, alone, try_lock
from adapters.postgres.embedded.server import Server
from domain.service_name import NAME

_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


def _absolute(path: Path) -> Path:
    return path.absolute()


@attrs.define(eq=False)
class EmbeddedPostgres:
    """One process's use of the server on a directory. The first to start it finds or makes the
    data, the others attach, and the last to stop ends it. Each user holds a lock that the kernel
    frees even after kill -9, so nobody is counted who is gone. `settings` are those of whoever
    starts the server."""

    directory: Path = attrs.field(converter=_absolute)
    settings: Mapping[str, str] = _NO_SETTINGS
    system_place: Path = attrs.field(default=SYSTEM_PLACE, kw_only=True)
    find_binaries: Callable[[], Binaries] = attrs.field(default=find_binaries, kw_only=True)
    _use: int | None = attrs.field(default=None, init=False)

    def start(self) -> str:
        """The URL of a server that answers, of its database of our name."""
        with self._explained("start"), alone(self._control_lock, self._make_directory):
            if self._use is None:
                # Granted at once: whoever wants it alone does so under the control lock.
                self._use = try_lock(self._users_lock, fcntl.LOCK_SH)
            try:
                sockets = self._server().ensure()
            except EmbeddedPostgresError:
                self._leave()
                raise
            except BaseException:
                # Ctrl-C, most likely, and perhaps just after the server came up.
                self._leave()
                self._stop_if_unused()
                raise
        return f"postgresql://postgres@/{NAME}?host={quote(str(sockets))}&port={PORT}"

    def stop(self) -> None:
        """Leave the server, and end it if no other process uses it."""
        if self._use is None:
            return
        self._leave()
        # Deleted under the server, which notices that itself within a minute, and ends.
        with suppress(DirectoryGoneError), self._explained("stop"), alone(self._control_lock):
            self._stop_if_unused()

    def erase(self) -> None:
        """End the server, whoever uses it, and delete its data."""
        self._leave()
        with suppress(DirectoryGoneError), self._explained("erase"), alone(self._control_lock):
            self._erase()

    def erase_unless_used(self) -> bool:
        """The same for what a killed process left behind; whether it was that."""
        with suppress(DirectoryGoneError), self._explained("erase"), alone(self._control_lock):
            nobody_else = try_lock(self._users_lock, fcntl.LOCK_EX)
            if nobody_else is not None:
                try:
                    self._erase()
                finally:
                    os.close(nobody_else)
                return True
        return False

    @property
    def _control_lock(self) -> Path:
        return self.directory / "control.lock"

    @property
    def _users_lock(self) -> Path:
        return self.directory / "users.lock"

    def _make_directory(self) -> None:
        """Private, but as root: whoever runs the server must get through."""
        if not self.directory.is_dir():
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                self.directory.chmod(0o711)

    def _server(self) -> Server:
        directory = self.directory.resolve()
        home = find_home(directory, self.system_place)
        return Server(home, self.find_binaries(), directory / "postgres.log", self.settings)

    def _leave(self) -> None:
        if self._use is not None:
            os.close(self._use)
            self._use = None

    def _stop_if_unused(self) -> None:
        nobody_else = try_lock(self._users_lock, fcntl.LOCK_EX)
        if nobody_else is not None:
            try:
                self._server().stop()
            finally:
                os.close(nobody_else)

    def _erase(self) -> None:
        server = self._server()
        server.stop()
        if server.home.path != self.directory.resolve():
            shutil.rmtree(server.home.path)
        # The lock goes with the directory, and then lets others in: so that goes all at once.
        remains = self.directory.with_name(f"{self.directory.name}.erased-{secrets.token_hex(4)}")
        self.directory.rename(remains)
        shutil.rmtree(remains)

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise EmbeddedPostgresError(
                f"cannot {action} PostgreSQL in {self.directory}: {error.strerror or error}{where}"
            ) from error


@contextmanager
def running(
    directory: Path,
    settings: Mapping[str, str] = _NO_SETTINGS,
    *,
    system_place: Path = SYSTEM_PLACE,
) -> Iterator[str]:
    """The URL of a server that runs as long as the block does."""
    server = EmbeddedPostgres(directory, settings, system_place=system_place)
    url = server.start()
    try:
        yield url
    finally:
        server.stop()
