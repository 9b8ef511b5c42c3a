"""Which migration the database is at."""

from sqlalchemy import String, column, func, select, table

from adapters.postgres.connection import Database
from adapters.postgres.query import compile_query

_VERSIONS = table("alembic_version", column("version_num", String))
# to_regclass answers null for a table that is not there, where a SELECT would fail.
_EXISTS = compile_query(select(func.to_regclass("alembic_version").is_not(None).label("exists")))
_REVISION = compile_query(select(_VERSIONS.c.version_num))


async def revision_of(database: Database) -> str | None:
    """None before the first migration; raise `Unavailable`."""
    [found] = await database.rows(_EXISTS, {})
    if not found["exists"]:
        return None
    record = await database.row(_REVISION, {})
    return None if record is None else str(record["version_num"])
