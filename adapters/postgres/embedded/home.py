"""Where a cluster lives. Always below its directory, except where root's own directories are
closed to the account that the server must run as: root then keeps the cluster in a place of the
system, and leaves a marker that says where.

Nobody's existing directory is ever opened up for that. A cluster in the system's place belongs to
its marker: without one (its directory was deleted) a new cluster is made under a new name, and
the old one is left alone, since a deleted directory and one moved elsewhere look the same.
"""

import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

import attrs

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.binaries import Binaries, copied_for
from adapters.postgres.embedded.failure import EmbeddedPostgresError
from domain.service_name import NAME

SYSTEM_PLACE = Path("/var/lib") / NAME
# Part of the socket's name and nothing else: the server has no TCP port.
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"

_MARKER = "cluster-is-at"
_ORIGIN = "belongs-to"
# 107 bytes on Linux, 103 on macOS.
_MAX_SOCKET_PATH = 103
# For where TMPDIR is long, as on macOS.
_SHORT_PLACE = Path("/tmp")  # noqa: S108 - what is made there is private and checked to be ours
# In a connection URL a comma or a colon would start another host.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")


@attrs.frozen
class Home:
    path: Path
    account: Account
    place: Path

    @property
    def cluster(self) -> Path:
        return self.path / "cluster"

    @property
    def has_cluster(self) -> bool:
        return (self.cluster / "PG_VERSION").is_file()

    @property
    def server_lock(self) -> Path:
        """Held by the server and every process of it, and by nobody else for long."""
        return self.path / "server.lock"

    def runnable(self, binaries: Binaries) -> Binaries:
        if not self.account.is_another or binaries.run_as(self.account):
            return binaries
        return copied_for(self.account, binaries, _system_place(self.place, self.account))

    def socket_directory(self) -> Path:
        """A private directory with a path short and plain enough for a socket in it."""
        directory = self.path / "run"
        if not _fits(directory):
            name = f"{NAME}-{_digest(self.path)}"
            places = [path.resolve() for path in (Path(tempfile.gettempdir()), _SHORT_PLACE)]
            usable = [path for path in places if _fits(path / name) and self.account.reaches(path)]
            if not usable:
                raise EmbeddedPostgresError(
                    f"the path of {self.path} is too long for a socket, and so is {places[0]}"
                )
            directory = usable[0] / name
        _make_private(directory, self.account)
        return directory

    def forget_socket_directory(self, directory: Path) -> None:
        """Leave nothing in the temporary directory."""
        if directory.parent != self.path and directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()


def _make_private(directory: Path, account: Account) -> None:
    """Made, or found and fit: in the temporary directory anyone could have been first."""
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        account.own(directory)
    found = directory.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not is_private or found.st_uid != account.uid:
        raise EmbeddedPostgresError(
            f"{directory} is not a private directory of the account {account}: remove it"
        )


def find_home(directory: Path, system_place: Path) -> Home:
    marker = directory / _MARKER
    owner = Account.owning(directory)
    if os.geteuid() != 0:
        if marker.is_file():
            raise EmbeddedPostgresError(
                f"the data of {directory} was made by root and is kept in {_read(marker)}: run as"
                f" root, or delete {directory} to start afresh"
            )
        return Home(directory, Account.current(), system_place)
    if owner.uid != 0:
        return Home(directory, owner, system_place)
    if marker.is_file() and (path := _followed(marker, directory)) is not None:
        return Home(path, _account_for(path), system_place)
    home = Home(directory, _account_for(directory), system_place)
    if home.account.reaches(directory):
        return home
    if home.has_cluster:
        raise EmbeddedPostgresError(
            f"the account {home.account}, to which the data in {directory} belongs, cannot get"
            " there: let it through, or delete the directory to start afresh"
        )
    return attrs.evolve(home, path=_moved_out(directory, home))


def _account_for(path: Path) -> Account:
    """Whoever owns the data, whichever accounts came and went since."""
    cluster = path / "cluster"
    if cluster.is_dir() and (owner := Account.owning(cluster)).uid != 0:
        return owner
    return Account.unprivileged()


def _followed(marker: Path, directory: Path) -> Path | None:
    """The cluster's place; None if the marker is the copy of another directory's."""
    path = Path(_read(marker))
    origin = path / _ORIGIN
    if not origin.is_file():
        raise EmbeddedPostgresError(
            f"the data of {directory} was kept in {path}, which is gone: delete {directory} to"
            " start afresh"
        )
    original = Path(_read(origin))
    if original != directory:
        its_marker = original / _MARKER
        if its_marker.is_file() and _read(its_marker) == str(path):
            return None
        _write(origin, str(directory))
    return path


def _moved_out(directory: Path, home: Home) -> Path:
    place = _system_place(home.place, home.account)
    path = place / f"{_digest(directory)}-{secrets.token_hex(4)}"
    path.mkdir()
    path.chmod(0o711)
    _write(path / _ORIGIN, str(directory))
    _write(directory / _MARKER, str(path))
    return path


def _system_place(preferred: Path, account: Account) -> Path:
    """A directory of root's that lets others through."""
    for place in (preferred, Path(tempfile.gettempdir()) / f"{NAME}-root"):
        try:
            place.mkdir(mode=0o711, parents=True)
        except FileExistsError:
            pass
        except OSError:
            continue  # a read-only system: the next one may do
        else:
            place.chmod(0o711)
        found = place.lstat()
        belongs_to_root = stat.S_ISDIR(found.st_mode) and found.st_uid == 0
        if belongs_to_root and not found.st_mode & 0o022 and account.reaches(place):
            return place
    raise EmbeddedPostgresError(
        f"root has no place for a PostgreSQL of the account {account} ({preferred} does not do):"
        " use an ordinary account, or set DATABASE_URL"
    )


def _fits(directory: Path) -> bool:
    text = str(directory / SOCKET_NAME)
    return len(text) <= _MAX_SOCKET_PATH and _PLAIN.issuperset(text)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="surrogateescape").strip()


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(f"{text}\n", encoding="utf-8", errors="surrogateescape")
    draft.replace(path)
