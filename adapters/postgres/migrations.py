"""Alembic, on one connection under one lock. Synchronous: not for use inside an event loop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import alembic.autogenerate
import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from asyncpg import LockNotAvailableError
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from adapters.postgres.revision import known_revisions, migrations_directory, next_revision
from adapters.postgres.tables import metadata
from domain.errors import Unavailable
from domain.service_name import NAME

Result = TypeVar("Result")

# Any number will do, as long as every version of the service takes the same.
_LOCK = 7_355_608_111
# Whoever comes after a statement that waits for a table waits behind it: all who use that table.
_LOCK_TIMEOUT = "5s"
_ASK_EVERY = 0.1
_IN_USE = (
    f"A table that is to be changed was in use for {_LOCK_TIMEOUT}; what was not done is undone."
    " Try again."
)


def connection_of(config: Config) -> Connection:
    connection = config.attributes["connection"]
    if not isinstance(connection, Connection):
        raise TypeError(f"Migrations run through `{NAME} db`, which brings the connection.")
    return connection


def current(dsn: str) -> str | None:
    """The revision the database is at; None before the first."""
    return _run(dsn, lambda c: MigrationContext.configure(c).get_current_revision())


def upgrade(dsn: str, revision: str = "head") -> None:
    _run(dsn, lambda c: alembic.command.upgrade(_config(c), revision), lock=True)


def downgrade(dsn: str, revision: str = "-1") -> None:
    _run(dsn, lambda c: alembic.command.downgrade(_config(c), revision), lock=True)


def revise(dsn: str, message: str) -> Path:
    """Write a new migration with what the tables in the code have and the database has not."""

    def generate(connection: Connection) -> Path:
        name = next_revision(message, known_revisions())
        made = alembic.command.revision(
            _config(connection), message, autogenerate=True, rev_id=name
        )
        if made is None or isinstance(made, list):
            raise LookupError("Alembic made no single revision.")
        return Path(made.path)

    return _run(dsn, generate)


def drift(dsn: str) -> list[str]:
    """In what the database differs from the tables in the code; empty where they agree."""

    def compare(connection: Connection) -> list[str]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return [str(each) for each in alembic.autogenerate.compare_metadata(context, metadata)]

    return _run(dsn, compare)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _run(dsn: str, work: Callable[[Connection], Result], *, lock: bool = False) -> Result:
    return asyncio.run(_run_on_a_connection(dsn, work, lock=lock))


async def _take_turn(connection: AsyncConnection) -> None:
    """The lock is held by the session, so that it also covers migrations that commit in between. It
    is asked for again and again: an index that is made concurrently waits for every statement that
    runs, and so for one that waits for the lock."""
    taking = text("SELECT pg_try_advisory_lock(:lock)")
    while not await connection.scalar(taking, {"lock": _LOCK}):
        await connection.rollback()
        await asyncio.sleep(_ASK_EVERY)


async def _run_on_a_connection(
    dsn: str, work: Callable[[Connection], Result], *, lock: bool
) -> Result:
    url = make_url(dsn).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            if lock:
                await _take_turn(connection)
                await connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
                await connection.commit()
            result = await connection.run_sync(work)
            await connection.commit()
            return result
    except (OSError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and not error.connection_invalidated:
            # SQLAlchemy's own copy of what the driver raised names it by its code alone.
            if getattr(error.orig, "sqlstate", None) == LockNotAvailableError.sqlstate:
                raise Unavailable(_IN_USE) from error
            raise
        raise Unavailable("The database does not answer.") from error
    finally:
        await engine.dispose()
