"""A project as a team has just made it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

HERE = Path(__file__).parents[2]
NAME = "Acme Orders"
SLUG = "acme-orders"
NEW_PROJECT = (sys.executable, "-m", "entrypoints.cli.main", "new", "project")


def environment(**more: str) -> Mapping[str, str]:
    """Of somebody whom git knows, and who works in no other environment of Python."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("COVERAGE", "COV_", "PYTEST", "VIRTUAL_ENV", "MAKE", "MFLAGS"))
    }
    somebody = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))
    }
    return inherited | somebody | more


@attrs.frozen
class Made:
    folder: Path
    has_items: bool

    @classmethod
    def in_(cls, place: Path, *, has_items: bool) -> "Made":
        folder = place / SLUG
        command = [*NEW_PROJECT, str(folder), "--name", NAME]
        if not has_items:
            command.append("--without-items")
        subprocess.run(command, cwd=HERE, env=environment(), check=True)
        return cls(folder, has_items)

    def run(self, *command: str | Path, **more: str) -> str:
        """What it prints. Fail with that where it fails."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def python(self, *words: str, **more: str) -> str:
        """By what the tests run on, and with the project's own code."""
        return self.run(sys.executable, "-m", *words, **more)
