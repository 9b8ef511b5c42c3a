"""Whether a migration has been applied somewhere, as far as can be known from here."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import attrs

from domain.errors import DomainError
from entrypoints.not_prepared import NotPrepared
from entrypoints.preparation import database_of, inspected
from entrypoints.settings.loading import load_settings
from entrypoints.settings.sources import SettingsError


@attrs.frozen
class Applied:
    answer: bool
    because: str


def applied(revision: str, path: str, root: Path, before: Mapping[str, str | None]) -> Applied:
    """It was, where the configured database has it, or others may have it by a remote repository;
    where no database answers, once it is committed. `before` has all migrations, each with the one
    that it follows."""
    if _git(root, "log", "--remotes", "--max-count=1", "--format=%h", "--", path):
        return Applied(answer=True, because="its migration is in a remote repository")
    try:
        reached = _reached()
    except (DomainError, NotPrepared, SettingsError):
        committed = bool(_git(root, "log", "--all", "--max-count=1", "--format=%h", "--", path))
        said = "is committed" if committed else "is not committed"
        return Applied(answer=committed, because=f"no database answers, and its migration {said}")
    has_it = revision in _up_to(reached, before)
    said = "has its table" if has_it else "never had its table"
    return Applied(answer=has_it, because=f"the database {said}")


def _reached() -> str | None:
    """The migration that the configured database is at. The embedded one is not made for this."""
    settings = load_settings()
    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        return None
    with database_of(settings) as dsn:
        return inspected(dsn, settings.database_connect_timeout).revision


def _up_to(revision: str | None, before: Mapping[str, str | None]) -> set[str]:
    reached = set()
    while revision is not None:
        reached.add(revision)
        revision = before.get(revision)
    return reached


def _git(root: Path, *words: str) -> str:
    """Nothing where there is no git, or no repository."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip()
