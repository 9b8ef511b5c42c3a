"""Makes a project: a folder with a history of its own, or nothing at all."""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

import attrs

from domain.service_name import NAME, TITLE
from entrypoints.scaffold.project.file import File
from entrypoints.scaffold.project.name import BadProject, ProjectName
from entrypoints.scaffold.project.tree import Origin, tree_of
from entrypoints.version import VERSION

HERE = Path(__file__).parents[3]
_PINNED = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[.*\])?==", re.MULTILINE)
_TAKEN = frozenset(
    {
        NAME, "bash", "git", "make", "pip", "postgres", "python", "python3", "sh", "template0",
        "template1", "uv",
    }
)  # fmt: skip
_EXECUTABLE = "100755"
_NO_CHECKOUT = f"a project is made from a git checkout of {TITLE}, and this is none"


@attrs.frozen
class Project:
    """As it is going to be made."""

    name: ProjectName
    path: Path
    files: Mapping[str, File]
    origin: Origin

    @classmethod
    def planned(
        cls, name: ProjectName, path: Path, checkout: Path = HERE, *, has_items: bool = True
    ) -> "Project":
        """Raise `BadProject` where it can't be made, and what `tree_of` raises."""
        _must_be_a_checkout(checkout)
        _must_be_free(name, checkout)
        target = path.expanduser().resolve()
        if target.is_relative_to(checkout.resolve()):
            raise BadProject(f"{target} is inside the checkout of {TITLE}")
        if not target.parent.is_dir():
            raise BadProject(f"there is no folder {target.parent} to make it in")
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise BadProject(f"{target} is there already, and not empty")
        # Whoever commits has to have said who they are, and better before anything is made.
        _git(target.parent, "var", "GIT_AUTHOR_IDENT")
        origin = Origin(VERSION, _git(checkout, "describe", "--always", "--dirty").strip())
        files = tree_of(name, origin, _tracked(checkout), checkout, has_items=has_items)
        return cls(name, target, files, origin)

    def make(self) -> None:
        """Raise `BadProject` where git refuses."""
        with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=f".{NAME}-") as place:
            made = Path(place) / self.path.name
            made.mkdir()
            for path, file in self.files.items():
                target = made / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.content)
                if file.is_executable:
                    target.chmod(target.stat().st_mode | 0o111)
            _git(made, "init", "--quiet", "--initial-branch=main")
            # What somebody ignores everywhere is part of it all the same.
            _git(made, "add", "--force", "--all")
            _git(made, "commit", "--quiet", f"--message=Begin {self.name.title} from {self.origin}")
            try:
                made.rename(self.path)
            except OSError as error:
                raise BadProject(f"{self.path}: {error.strerror}") from error


def _must_be_a_checkout(folder: Path) -> None:
    try:
        top = _git(folder, "rev-parse", "--show-toplevel")
    except BadProject as error:
        raise BadProject(f"{_NO_CHECKOUT}: {error}") from error
    # A package that is installed may lie below somebody's own repository.
    if not folder.samefile(top.strip()):
        raise BadProject(f"{_NO_CHECKOUT}: clone it first")


def _must_be_free(name: ProjectName, checkout: Path) -> None:
    """A distribution or a command of that name would take another's place in its environment."""
    pinned = {
        found
        for lock in checkout.glob("requirements*.lock")
        for found in _PINNED.findall(lock.read_text(encoding="utf-8"))
    }
    commands = {each.name for each in entry_points(group="console_scripts")}
    if name.slug in pinned | commands | _TAKEN:
        raise BadProject(f"{name.slug} is the name of something that the project uses itself")


def _tracked(checkout: Path) -> Mapping[str, File]:
    """As they are now, changed since the last commit or not."""
    files: dict[str, File] = {}
    for entry in _git(checkout, "ls-files", "--stage", "-z").split("\0")[:-1]:
        described, _, path = entry.partition("\t")
        file = checkout / path
        if file.is_file():
            files[path] = File(file.read_bytes(), described.startswith(_EXECUTABLE))
    return files


def _git(folder: Path, *words: str) -> str:
    # Whatever calls us, a hook of git perhaps, means another repository.
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"}
    }
    command = ["git", *words]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise BadProject("git is not installed here") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise BadProject(f"git {words[0]}: {said[-1] if said else 'failed'}")
    return done.stdout
