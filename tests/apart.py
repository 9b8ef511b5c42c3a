"""Tables that the service does not have, beside its own for as long as a test lasts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable, DropTable

from adapters.postgres.connection import Database
from adapters.postgres.row import Row

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class RowApart(Row):
    __abstract__ = True
    metadata = MetaData(naming_convention=Row.metadata.naming_convention)


@asynccontextmanager
async def tables_in(database: Database, *tables: Table) -> AsyncIterator[None]:
    await _command(database, *(CreateTable(table) for table in tables))
    try:
        yield
    finally:
        await _command(database, *(DropTable(table) for table in tables))


async def _command(database: Database, *statements: CreateTable | DropTable) -> None:
    async with database.transaction() as connection:
        for statement in statements:
            await connection.command(str(statement.compile(dialect=DIALECT)))
        await connection.command("COMMIT")
