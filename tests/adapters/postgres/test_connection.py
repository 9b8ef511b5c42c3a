"""The thin connection, its transactions, and what becomes of them when something breaks."""

import asyncio
import random
import time
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import attrs
import pytest
from sqlalchemy import Text, bindparam, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.access import PostgresRoleRepository, RoleRow
from adapters.postgres.access_changes import AccessChanges
from adapters.postgres.committed_events import CommittedEvents
from adapters.postgres.connection import Connection, Database, PoolSettings, open_database
from adapters.postgres.query import compile_query
from adapters.postgres.unit_of_work import BeginPostgresUnitOfWork
from domain.access import RoleNameTaken
from domain.errors import Conflict, Unavailable
from tests.adapters.postgres.watching import Watcher, until
from tests.builders import a_role, new_id
from tests.relay import relayed

ONE = compile_query(select(literal_column("1").label("one")))
SLEEP = compile_query(select(func.pg_sleep(bindparam("seconds"))))
LOCK = compile_query(
    select(RoleRow.name).where(RoleRow.name == bindparam("name_")).with_for_update()
)
ROLES = compile_query(select(RoleRow.name).order_by(RoleRow.name))


async def add_role(connection: Connection) -> None:
    await PostgresRoleRepository(connection, AccessChanges()).add(a_role())


async def test_what_is_not_committed_is_rolled_back(database: Database, watcher: Watcher) -> None:
    async with database.transaction() as connection:
        await add_role(connection)
    assert await watcher.count("roles") == 2
    assert set(await watcher.states()) == {"idle"}


async def test_what_is_committed_stays(database: Database, watcher: Watcher) -> None:
    async with database.transaction() as connection:
        await add_role(connection)
        assert await connection.command("COMMIT") == "COMMIT"
    assert await watcher.count("roles") == 3


async def test_an_error_rolls_back(database: Database, watcher: Watcher) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as connection:
            await add_role(connection)
            raise ZeroDivisionError
    assert await watcher.count("roles") == 2
    assert set(await watcher.states()) == {"idle"}


async def test_the_commit_of_a_failed_transaction_is_refused(
    database: Database, watcher: Watcher
) -> None:
    heard: list[str] = []
    role = a_role()
    with pytest.raises(Conflict):
        begin = BeginPostgresUnitOfWork(database, heard.append, CommittedEvents(new_id))
        async with begin() as uow:
            await uow.roles.add(role)
            await uow.roles.save(role)
            with pytest.raises(RoleNameTaken):
                await uow.roles.add(role)
            # PostgreSQL answers this COMMIT with ROLLBACK, and no error.
            await uow.commit()
    assert await watcher.count("roles") == 2
    assert heard == []


async def test_changed_rights_are_told_once_they_are_committed(database: Database) -> None:
    heard: list[str] = []
    role = a_role()
    async with BeginPostgresUnitOfWork(database, heard.append, CommittedEvents(new_id))() as uow:
        await uow.roles.add(role)
        await uow.roles.save(role)
        assert heard == []
        await uow.commit()
    assert heard == ["everyone"]


async def test_a_cancelled_statement_leaves_no_transaction_open(
    database: Database, watcher: Watcher
) -> None:
    async def work() -> None:
        async with database.transaction() as connection:
            await add_role(connection)
            await connection.row(SLEEP, {"seconds": 30})

    task = asyncio.create_task(work())

    async def is_asleep() -> bool:
        return "active" in await watcher.states()

    await until(is_asleep)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: _is_at_rest(watcher, 3))
    assert await watcher.count("roles") == 2
    assert await database.row(ONE, {}) is not None


async def _is_at_rest(watcher: Watcher, at_most: int) -> bool:
    states = await watcher.states()
    return set(states) <= {"idle"} and len(states) <= at_most


async def test_cancelled_at_any_moment_nothing_leaks(
    database: Database, pool_settings: PoolSettings, watcher: Watcher
) -> None:
    chance = random.Random(4711)  # noqa: S311 - no secret

    async def work() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.random() / 20):
                async with database.transaction() as connection:
                    await add_role(connection)
                    await connection.row(SLEEP, {"seconds": 0.001})
                await database.rows(ROLES, {})
                await database.row(ONE, {})

    for _ in range(4):
        await asyncio.gather(*(work() for _ in range(20)))
    await until(lambda: _is_at_rest(watcher, pool_settings.size))
    assert await watcher.count("roles") == 2
    # As many as ever can be lent at once.
    await asyncio.gather(*(database.row(SLEEP, {"seconds": 0.05}) for _ in range(3)))
    assert len(await watcher.states()) == pool_settings.size


async def test_a_stream_that_is_left_in_the_middle_gives_its_connection_back(
    database: Database, watcher: Watcher
) -> None:
    many = compile_query(select(func.generate_series(1, 100_000).label("n")))
    stream = database.stream(many, {})
    async for record in stream:
        assert record["n"] == 1
        break
    await stream.aclose()  # type: ignore[attr-defined]  # it is a generator
    await until(lambda: _is_at_rest(watcher, 3))


async def test_a_stream_is_of_one_moment(database: Database, watcher: Watcher) -> None:
    names = []
    async for record in database.stream(ROLES, {}):
        names.append(record["name"])
        await watcher.session.execute("DELETE FROM roles WHERE name = 'member'")
    await watcher.session.execute(
        "INSERT INTO roles SELECT 'member', description, permissions, created_at, updated_at, 1"
        " FROM roles WHERE name = 'admin'"
    )
    assert names == ["admin", "member"]


async def test_a_statement_that_takes_too_long_is_given_up(
    quiet_url: str, pool_settings: PoolSettings
) -> None:
    hasty = attrs.evolve(pool_settings, statement_timeout=0.05)
    async with open_database(quiet_url, hasty) as database:
        with pytest.raises(Unavailable):
            await database.row(SLEEP, {"seconds": 30})
        assert await database.row(ONE, {}) is not None


async def test_a_lock_that_takes_too_long_is_given_up(
    quiet_url: str, pool_settings: PoolSettings
) -> None:
    hasty = attrs.evolve(pool_settings, lock_timeout=0.05)
    async with (
        open_database(quiet_url, hasty) as database,
        database.transaction() as holder,
        database.transaction() as waiter,
    ):
        await holder.row(LOCK, {"name_": "admin"})
        with pytest.raises(Unavailable):
            await waiter.row(LOCK, {"name_": "admin"})


async def test_of_two_who_wait_for_each_other_one_is_refused(database: Database) -> None:
    async def lock(first: str, second: str) -> None:
        async with database.transaction() as connection:
            await connection.command("SET LOCAL deadlock_timeout = '10ms'")
            await connection.row(LOCK, {"name_": first})
            await asyncio.sleep(0.05)
            await connection.row(LOCK, {"name_": second})

    outcomes = await asyncio.gather(
        lock("admin", "member"), lock("member", "admin"), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Conflict]


@pytest.mark.parametrize("pause", [0, 0.001, 0.05])
async def test_a_restart_of_the_server_breaks_no_request_that_comes_after_it(
    database: Database, watcher: Watcher, pause: float
) -> None:
    for _ in range(5):
        await asyncio.gather(*(database.row(SLEEP, {"seconds": 0.01}) for _ in range(3)))
        # What a server tells its idle connections when it is stopped.
        await watcher.end_connections()
        await asyncio.sleep(pause)
        assert await database.row(ONE, {}) is not None
        async with database.transaction() as connection:
            assert await connection.row(ONE, {}) is not None


async def test_the_database_gone_is_told_within_two_seconds_and_its_return_found(
    quiet_url: str, pool_settings: PoolSettings
) -> None:
    async with (
        relayed(quiet_url) as relay,
        open_database(relay.url, pool_settings) as database,
    ):
        assert await database.row(ONE, {}) is not None
        await relay.cut()
        began = time.monotonic()
        outcomes = await asyncio.gather(
            *(database.row(ONE, {}) for _ in range(10)), return_exceptions=True
        )
        assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
        with pytest.raises(Unavailable):
            async with database.transaction():
                pytest.fail("there is nothing to begin on")
        assert time.monotonic() - began < 2
        await relay.mend()
        assert await database.row(ONE, {}) is not None


async def test_a_connection_cut_in_the_middle_is_no_bug(
    quiet_url: str, pool_settings: PoolSettings
) -> None:
    async with (
        relayed(quiet_url) as relay,
        open_database(relay.url, pool_settings) as database,
    ):
        with pytest.raises(Unavailable):
            async with database.transaction() as connection:
                await add_role(connection)
                relay.hang_up()
                await connection.row(SLEEP, {"seconds": 30})
        assert await database.row(ONE, {}) is not None


async def test_a_server_that_says_nothing_is_not_waited_for_when_connecting(
    quiet_url: str, pool_settings: PoolSettings
) -> None:
    hasty = attrs.evolve(pool_settings, connect_timeout=0.1)
    async with relayed(quiet_url) as relay:
        relay.freeze()
        with pytest.raises(Unavailable):
            async with open_database(relay.url, hasty):
                pytest.fail("there is nobody to talk to")


async def test_a_server_that_falls_silent_is_given_up_a_little_after_its_own_time_is_up(
    quiet_url: str, pool_settings: PoolSettings
) -> None:
    hasty = attrs.evolve(pool_settings, statement_timeout=0.5, connect_timeout=0.2)
    async with (
        relayed(quiet_url) as relay,
        open_database(relay.url, hasty) as database,
    ):
        async with database.transaction() as connection:
            assert await connection.row(ONE, {}) is not None
            assert await database.row(ONE, {}) is not None
            relay.freeze()
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await connection.row(ONE, {})
            assert 0.5 < time.monotonic() - began < 2
        # The one that was idle meanwhile is not waited for again.
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await database.row(ONE, {})
        assert time.monotonic() - began < 0.5
        relay.thaw()
        assert await database.row(ONE, {}) is not None


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none"])
async def test_a_server_that_is_not_there_is_unavailable(
    url: str, pool_settings: PoolSettings
) -> None:
    with pytest.raises(Unavailable):
        async with open_database(url, pool_settings):
            pytest.fail("there is nobody to talk to")


async def test_values_come_back_as_they_went(database: Database) -> None:
    at = datetime(2026, 3, 1, 8, 15, 30, 123456, tzinfo=UTC)
    attributes = {"a": [1, 2.5, None, True, "\u00e4\U0001f4a3"], "big": 2**63 - 1, "huge": 6.02e23}
    query = compile_query(
        select(
            bindparam("at", at).label("at"),
            bindparam("id", uuid4()).label("id"),
            bindparam("attributes", type_=JSONB).label("attributes"),
            bindparam("text", type_=Text).label("text"),
        )
    )
    record = await database.row(query, {"attributes": attributes, "text": "x\ty\n"})
    assert record is not None
    assert record["at"] == at
    assert record["at"].tzinfo is not None
    assert record["attributes"] == attributes
    assert isinstance(record["attributes"]["huge"], float)
    assert record["text"] == "x\ty\n"


async def test_answers_how_many_rows_were_touched(database: Database) -> None:
    async with database.transaction() as connection:
        touch = compile_query(text("UPDATE roles SET version = version"))
        assert await connection.execute(touch, {}) == 2
