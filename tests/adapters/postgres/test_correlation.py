"""Whose transaction it is, as the database tells those who look at it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from adapters.postgres.connection import Connection, Database
from adapters.postgres.query import compile_query
from application import correlation

_NAME = compile_query(select(func.current_setting("application_name")))
REQUEST = "6a1c3b0e9f5d4f1c8a7e2d4b5c6f7a81"


@pytest.fixture
def of_a_request() -> Iterator[None]:
    token = correlation.request_id.set(REQUEST)
    yield
    correlation.request_id.reset(token)


async def test_a_transaction_is_known_by_its_request(
    database: Database, of_a_request: None
) -> None:
    async with database.transaction() as connection:
        [record] = await connection.rows(_NAME, {})
    assert record[0] == f"tessera/{REQUEST}"


async def test_and_no_longer_than_it_lasts(database: Database, of_a_request: None) -> None:
    for end in ("COMMIT", "ROLLBACK"):
        async with database.transaction() as connection:
            await connection.command(end)
            [record] = await connection.rows(_NAME, {})
        assert record[0] == "tessera"
    [record] = await database.run_once(Connection.rows, _NAME, {})
    assert record[0] == "tessera"


async def test_what_no_request_asked_for_is_nobodys(database: Database) -> None:
    async with database.transaction() as connection:
        [record] = await connection.rows(_NAME, {})
    assert record[0] == "tessera"


async def test_an_id_can_say_nothing_else_to_the_database(database: Database) -> None:
    token = correlation.request_id.set("'; ROLLBACK; SELECT '")
    try:
        async with database.transaction() as connection:
            [record] = await connection.rows(_NAME, {})
    finally:
        correlation.request_id.reset(token)
    assert record[0] == "tessera/'; ROLLBACK; SELECT '"
