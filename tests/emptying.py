"""Back to how a migrated database begins, between two tests."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import attrs
from sqlalchemy import delete

from adapters.postgres.access import RoleRow
from adapters.postgres.callers import RememberedCallers
from adapters.postgres.tables import metadata
from application.auth.authenticate import AuthenticateHandler
from application.throttling.request_limit import RequestLimit
from domain.access import BUILT_IN_ROLES
from entrypoints.bootstrap.running import Inside


def _emptying() -> Iterator[str]:
    """In the order of the foreign keys; cheaper than TRUNCATE where tables are small."""
    for table in reversed(metadata.sorted_tables):
        statement = delete(table)
        if table.name == RoleRow.__tablename__:
            statement = statement.where(RoleRow.name.not_in(sorted(BUILT_IN_ROLES)))
        yield str(statement.compile(compile_kwargs={"literal_binds": True}))


# Planned once, which is most of what emptying costs where there is little to delete.
_MAKE_EMPTYING = f"""
CREATE FUNCTION pg_temp.empty_all() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
{"".join(f"{each};" for each in _emptying())}
END $$
"""


_AS_NOBODY_ELSE = {
    # A test that left a transaction open shows by this, and not by standing still.
    "lock_timeout": "3000",
    # Triggers keep everyone from emptying the trail, but not a superuser as which the tests run.
    "session_replication_role": "replica",
}


@attrs.frozen
class MigratedDatabase:
    """Migrated once, emptied before each test that asks for it."""

    url: str
    _connection: "asyncpg.Connection[asyncpg.Record]"

    async def empty(self) -> None:
        await self._connection.execute("SELECT pg_temp.empty_all()")


@asynccontextmanager
async def migrated(url: str) -> AsyncIterator[MigratedDatabase]:
    connection = await asyncpg.connect(url, server_settings=_AS_NOBODY_ELSE)
    try:
        await connection.execute(_MAKE_EMPTYING)
        yield MigratedDatabase(url, connection)
    finally:
        await connection.close()


def forget_callers(inside: Inside) -> None:
    """What the service remembers must not outlive what was emptied."""
    callers = inside.services[AuthenticateHandler].callers
    if not isinstance(callers, RememberedCallers):
        raise TypeError("the service remembers callers in another way")
    callers.forget_everyone()
    inside.services[RequestLimit].forget()
