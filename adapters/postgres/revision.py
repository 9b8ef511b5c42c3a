"""Which migration the database is at, and which it should be at; without Alembic, whose import
would take a good part of the start."""

import ast
import re
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import String, column, func, select, table

from adapters.postgres.connection import Database
from adapters.postgres.query import compile_query

_VERSIONS = table("alembic_version", column("version_num", String))
# to_regclass answers null for a table that is not there, where a SELECT would fail.
_EXISTS = compile_query(select(func.to_regclass("alembic_version").is_not(None).label("exists")))
_REVISION = compile_query(select(_VERSIONS.c.version_num))

# Of the column that Alembic keeps it in.
_LONGEST = 32
_NUMBERED = re.compile(r"\d{4}_")
_WORD = re.compile(r"[a-z0-9]+")

_PACKAGED = Path(__file__).parents[1] / "_migrations"
_CHECKOUT = Path(__file__).parents[2] / "alembic"


def migrations_directory() -> Path:
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


def newest_revision() -> str:
    """The one that no other follows; raise `LookupError` where that is not exactly one."""
    revised = known_revisions()
    newest = revised.keys() - revised.values()
    if len(newest) != 1:
        raise LookupError(f"one newest migration is wanted, not {sorted(newest)}")
    return newest.pop()


def known_revisions() -> dict[str, str | None]:
    """Each with the one that it follows."""
    revised: dict[str, str | None] = {}
    for path in (migrations_directory() / "versions").glob("*.py"):
        assigned = _assigned(path)
        revised[str(assigned["revision"])] = assigned["down_revision"]
    return revised


def next_revision(message: str, known: Collection[str]) -> str:
    """The next number with what the migration is for, as much of it as Alembic has room for."""
    numbers = [int(each[:4]) for each in known if _NUMBERED.match(each)]
    words = "_".join(_WORD.findall(message.lower()))
    return f"{max(numbers, default=0) + 1:04}_{words}"[:_LONGEST].rstrip("_")


def _assigned(path: Path) -> dict[str, str | None]:
    """What a migration says of its place in the line."""
    assigned: dict[str, str | None] = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Constant(str() | None as value)):
                assigned[name] = value
    return assigned


async def revision_of(database: Database) -> str | None:
    """None before the first migration; raise `Unavailable`."""
    [found] = await database.rows(_EXISTS, {})
    if not found["exists"]:
        return None
    record = await database.row(_REVISION, {})
    return None if record is None else str(record["version_num"])
