"""A copy of this tree, with a history of its own, in which features are made."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

PROJECT = Path(__file__).parents[2]
_GIT = ("git", "-c", "user.name=Tests", "-c", "user.email=tests@example.com")


class Failed(AssertionError):
    """A command did; the message is what it said."""


@attrs.frozen
class Copy:
    root: Path

    def run(self, *command: str) -> str:
        """What it says; raise `Failed`."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(f"{' '.join(command)}\n{done.stdout}")
        return done.stdout

    def python(self, *words: str) -> str:
        return self.run(sys.executable, "-m", *words)

    def command(self, *words: str) -> str:
        """Of the service's own command line."""
        return self.python("entrypoints.cli.main", *words)

    def git(self, *words: str) -> str:
        return self.run(*_GIT, *words)

    def all_of(self, *commands: Sequence[str]) -> None:
        """Beside each other; raise `Failed` with whatever one of them says."""
        with ThreadPoolExecutor(len(commands)) as threads:
            running = [threads.submit(self.python, *words) for words in commands]
        failures = [str(each.exception()) for each in running if each.exception() is not None]
        if failures:
            raise Failed("\n\n".join(failures))


@contextmanager
def a_copy() -> Iterator[Copy]:
    with TemporaryDirectory(prefix="drawn-") as name:
        copy = Copy(Path(name).resolve() / "copy")
        copy.root.mkdir()
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        for path in listed.stdout.rstrip("\0").split("\0"):
            if (PROJECT / path).is_file():
                (copy.root / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / path, copy.root / path)
        if (PROJECT / ".mypy_cache").is_dir():
            shutil.copytree(PROJECT / ".mypy_cache", copy.root / ".mypy_cache")
        copy.git("init", "--quiet")
        copy.git("add", "--all")
        copy.git("commit", "--quiet", "--message=As it is")
        yield copy
