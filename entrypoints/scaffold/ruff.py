"""Puts what was generated into shape, all of it at once."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_FORMAT = ("format",)


class NoRuff(Exception):
    """ruff is not installed here."""

    def __init__(self) -> None:
        super().__init__(
            "ruff puts what is generated into shape, and is not installed here: "
            "`make lint` installs what development needs"
        )


class NotInShape(Exception):
    """What was generated is no Python; the message has what ruff says of it."""


def in_shape(files: Mapping[str, str], checkout: Path) -> Mapping[str, str]:
    """The files by their paths, sorted, without unused imports and formatted, as the checkout's
    own settings have it."""
    ours = f"lint.isort.known-first-party = {_packages(checkout)}"
    tidy = ("check", "--fix", "--select", "I,F401", "--config", ours)
    return _after([tidy, _FORMAT], files, checkout)


def formatted(files: Mapping[str, str], checkout: Path) -> Mapping[str, str]:
    """The files by their paths, as the checkout's own settings have it."""
    return _after([_FORMAT], files, checkout)


def _after(
    commands: Sequence[Sequence[str]], files: Mapping[str, str], checkout: Path
) -> Mapping[str, str]:
    ruff = _ruff()
    with TemporaryDirectory(prefix="tessera-") as name:
        folder = Path(name)
        shutil.copy(checkout / "pyproject.toml", folder)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        for command, *options in commands:
            _run([ruff, command, "--quiet", "--no-cache", *options, "."], folder)
        return {path: (folder / path).read_text(encoding="utf-8") for path in files}


def _packages(checkout: Path) -> list[str]:
    """Our own, which ruff knows by their files, and those are not there."""
    return [each.name for each in checkout.iterdir() if each.is_dir() and each.name.isidentifier()]


def _ruff() -> str:
    beside = shutil.which("ruff", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("ruff")
    if found is None:
        raise NoRuff
    return found


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInShape(f"{done.stdout}{done.stderr}".strip())
