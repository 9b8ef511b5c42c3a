"""Replicas of a real primary: what is read from them, and what happens where they fail."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import Float, bindparam, case, cast, exists, func, select

from adapters.postgres.access import PostgresRoleRepository, RoleRow
from adapters.postgres.access_changes import AccessChanges
from adapters.postgres.connection import Database, PoolSettings, Record, open_database
from adapters.postgres.migrations import upgrade
from adapters.postgres.query import compile_query
from adapters.postgres.replicas import ReplicaSettings, with_replicas
from domain.access import Role
from domain.errors import Conflict, Unavailable
from tests.adapters.postgres.watching import Session, until
from tests.builders import a_role
from tests.relay import relayed
from tests.standby import Pair, primary_and_standby

LAG = 0.2
# What it takes from being caught up to being read, on a busy machine.
PATIENCE = 20

_ON_STANDBY = func.pg_is_in_recovery()
WHERE = compile_query(select(_ON_STANDBY.label("on_standby")))
FIND = compile_query(
    select(
        _ON_STANDBY.label("on_standby"),
        exists().where(RoleRow.name == bindparam("name_")).label("is_there"),
    )
)
LINGER_ON_STANDBY = compile_query(
    select(
        _ON_STANDBY.label("on_standby"),
        RoleRow.name,
        func.pg_sleep(cast(case((_ON_STANDBY, 30), else_=0), Float)),
    ).limit(1)
)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with primary_and_standby() as pair:
        upgrade(pair.primary.url)
        yield pair


@asynccontextmanager
async def a_server(
    pair: Pair, *replicas: str, watched: str | None = None, lag: float = LAG
) -> AsyncIterator[Database]:
    """What one process of the service has; `watched` is how it gets to the primary to watch it."""
    pool = PoolSettings(size=4)
    settings = ReplicaSettings(urls=replicas or (pair.standby.url,), longest_lag=lag)
    async with (
        open_database(pair.primary.url, pool) as database,
        with_replicas(database, watched or pair.primary.url, settings, pool) as replicated,
    ):
        yield replicated


@pytest.fixture(scope="module")
async def _servers(pair: Pair) -> AsyncIterator[tuple[Database, Database]]:
    async with a_server(pair) as one, a_server(pair) as other:
        yield one, other


@pytest.fixture
async def one(_servers: tuple[Database, Database]) -> Database:
    await until(lambda: all_are_read(_servers[0]), PATIENCE)
    return _servers[0]


@pytest.fixture
async def other(_servers: tuple[Database, Database]) -> Database:
    await until(lambda: all_are_read(_servers[1]), PATIENCE)
    return _servers[1]


@pytest.fixture
async def standby(pair: Pair) -> AsyncIterator[Session]:
    connection = await asyncpg.connect(pair.standby.url)
    yield connection
    await connection.close()


async def all_are_read(database: Database) -> bool:
    return set(database.replicas().values()) == {"ok"}


async def is_read_again(database: Database) -> None:
    await until(lambda: is_on_standby(database), PATIENCE)


async def none_is_read(database: Database) -> bool:
    return "ok" not in database.replicas().values()


@asynccontextmanager
async def paused(standby: Session) -> AsyncIterator[None]:
    """The standby receives changes and does not make them."""
    await standby.execute("SELECT pg_wal_replay_pause()")
    state = "SELECT pg_get_wal_replay_pause_state() = 'paused'"

    async def is_paused() -> bool:
        return bool(await standby.fetchval(state))

    await until(is_paused)
    try:
        yield
    finally:
        await standby.execute("SELECT pg_wal_replay_resume()")


async def add(database: Database) -> Role:
    role = a_role()
    async with database.transaction() as connection:
        await PostgresRoleRepository(connection, AccessChanges()).add(role)
        await connection.command("COMMIT")
    return role


async def is_seen(database: Database, role: Role) -> bool:
    record = await database.row(FIND, {"name_": role.name})
    assert record is not None
    return bool(record["is_there"])


async def is_on_standby(database: Database) -> bool:
    record = await database.row(WHERE, {})
    assert record is not None
    return bool(record["on_standby"])


async def test_without_replicas_there_is_nothing_in_between(
    database: Database, quiet_url: str, pool_settings: PoolSettings
) -> None:
    none = ReplicaSettings(urls=(), longest_lag=LAG)
    async with with_replicas(database, quiet_url, none, pool_settings) as replicated:
        assert replicated is database
        assert replicated.replicas() == {}


async def test_reads_go_to_the_replicas_in_turn(pair: Pair) -> None:
    async with (
        relayed(pair.standby.url) as first,
        relayed(pair.standby.url) as second,
        a_server(pair, first.url, second.url) as database,
    ):
        await until(lambda: all_are_read(database), PATIENCE)
        for _ in range(10):
            assert await is_on_standby(database)
            assert [each["on_standby"] for each in await database.rows(WHERE, {})] == [True]
        assert [each.statements.count(WHERE.sql) for each in (first, second)] == [10, 10]


async def test_a_stream_comes_from_a_replica(one: Database) -> None:
    assert [record["on_standby"] async for record in one.stream(WHERE, {})] == [True]


async def test_what_changes_is_decided_on_the_primary(one: Database) -> None:
    async with one.transaction() as connection:
        record = await connection.row(WHERE, {})
    assert record is not None
    assert not record["on_standby"]


async def test_a_change_is_seen_at_once_wherever_one_reads(one: Database, other: Database) -> None:
    from_standby = 0
    for _ in range(50):
        role = await add(one)
        for database in (one, other):
            record = await database.row(FIND, {"name_": role.name})
            assert record is not None
            assert record["is_there"]
            from_standby += record["on_standby"]
    assert from_standby > 50


async def test_changes_made_at_once_are_all_seen(one: Database, other: Database) -> None:
    async def change_and_look() -> bool:
        role = await add(one)
        return await is_seen(one, role) and await is_seen(other, role)

    assert all(await asyncio.gather(*(change_and_look() for _ in range(40))))


async def test_a_change_is_seen_at_once_while_replay_stands_still(
    one: Database, other: Database, standby: Session
) -> None:
    async with paused(standby):
        for _ in range(5):
            role = await add(one)
            assert await is_seen(other, role)
            assert await is_seen(one, role)
        assert not await is_on_standby(other)
        assert other.replicas()["replica 1"].endswith(" s behind")
        latest = role
    for database in (one, other):
        await is_read_again(database)
        assert await is_seen(database, latest)


async def test_a_change_waits_only_until_every_process_knows_what_is_behind(
    one: Database, other: Database, standby: Session
) -> None:
    async with paused(standby):
        began = time.monotonic()
        await add(one)
        assert time.monotonic() - began >= LAG

        async def is_quick() -> bool:
            began = time.monotonic()
            await add(one)
            return time.monotonic() - began < LAG / 2

        await until(is_quick, PATIENCE)
        assert not await is_on_standby(other)


async def test_a_process_that_hears_nothing_of_the_primary_reads_no_replica(
    pair: Pair, one: Database, standby: Session
) -> None:
    async with (
        relayed(pair.primary.url) as way_to_primary,
        a_server(pair, watched=way_to_primary.url) as deaf,
    ):
        await until(lambda: all_are_read(deaf), PATIENCE)
        async with paused(standby):
            way_to_primary.freeze()
            role = await add(one)
            assert await is_seen(deaf, role)
            await until(lambda: none_is_read(deaf), PATIENCE)
        way_to_primary.thaw()
        await until(lambda: all_are_read(deaf), PATIENCE)


async def test_a_change_waits_for_what_another_process_reads(
    pair: Pair, one: Database, standby: Session
) -> None:
    """This process is not let in where the other one is."""
    unknown = pair.standby.url.replace("postgres@", "stranger@")
    async with a_server(pair, unknown) as cut_off:
        await add(cut_off)
        assert await has_status(cut_off, "unreachable")
        for _ in range(3):
            async with paused(standby):
                role = await add(cut_off)
                assert await is_seen(one, role)
            await is_read_again(one)


async def test_the_log_tells_once_that_a_replica_is_not_read(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="adapters.postgres.replication")

    async with relayed(pair.standby.url) as relay, a_server(pair, relay.url) as database:
        told = f"replica 1 at 127.0.0.1:{urlsplit(relay.url).port}"

        async def has_told(*lines: str) -> bool:
            texts = [text for text in caplog.messages if text.startswith(told)]
            return [text.removeprefix(told).partition(":")[0] for text in texts] == list(lines)

        await until(lambda: has_told(" is read"), PATIENCE)
        await relay.cut()
        for _ in range(20):
            assert not await is_on_standby(database)
        await until(lambda: has_status(database, "unreachable"), PATIENCE)
        await relay.mend()
        await until(lambda: has_told(" is read", " is not read", " is read"), PATIENCE)


async def test_without_a_replica_that_answers_the_primary_does(pair: Pair, one: Database) -> None:
    pair.standby.stop()
    for _ in range(20):
        assert not await is_on_standby(one)
    await until(lambda: has_status(one, "unreachable"), PATIENCE)
    role = await add(one)
    assert await is_seen(one, role)
    pair.standby.start()
    await until(lambda: all_are_read(one), PATIENCE)
    assert await is_on_standby(one)
    assert await is_seen(one, role)


async def has_status(database: Database, status: str) -> bool:
    return database.replicas() == {"replica 1": status}


async def test_a_read_of_a_replica_that_falls_silent_is_the_primary_s(
    pair: Pair, one: Database
) -> None:
    reading = asyncio.create_task(one.row(LINGER_ON_STANDBY, {}))
    streaming = asyncio.create_task(first_of_a_stream(one))
    await until(lambda: lingers(pair, 2))
    with pair.standby.frozen():
        began = time.monotonic()
        for record in (await reading, await streaming):
            assert record is not None
            assert not record["on_standby"]
        assert time.monotonic() - began < 2
        assert await is_seen(one, await add(one))
    await until(lambda: all_are_read(one), PATIENCE)


async def first_of_a_stream(database: Database) -> Record:
    return await anext(aiter(database.stream(LINGER_ON_STANDBY, {})))


async def lingers(pair: Pair, how_many: int) -> bool:
    connection = await asyncpg.connect(pair.standby.url)
    try:
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        return bool(await connection.fetchval(asleep) == how_many)
    finally:
        await connection.close()


async def test_a_read_that_replay_cancels_is_the_primary_s(pair: Pair, one: Database) -> None:
    reading = asyncio.create_task(one.row(LINGER_ON_STANDBY, {}))
    streaming = asyncio.create_task(first_of_a_stream(one))
    await until(lambda: lingers(pair, 2))
    async with one.transaction() as connection:
        # Replaying it wants the table to itself, too.
        await connection.command("LOCK TABLE roles")
        await connection.command("COMMIT")
    for record in (await reading, await streaming):
        assert record is not None
        assert not record["on_standby"]


async def test_a_stream_that_replay_cancels_in_its_midst_is_broken_off(one: Database) -> None:
    many = compile_query(select(RoleRow.name, func.generate_series(1, 100_000)))
    records = aiter(one.stream(many, {}))
    await anext(records)
    async with one.transaction() as connection:
        await connection.command("LOCK TABLE roles")
        await connection.command("COMMIT")
    with pytest.raises((Conflict, Unavailable)):
        async for _ in records:
            await asyncio.sleep(0)


async def test_what_is_no_standby_of_the_primary_is_not_read(pair: Pair, quiet_url: str) -> None:
    for url in (quiet_url, pair.primary.url):
        async with a_server(pair, url) as database:
            await until(lambda: has_status(database, "not a standby of this primary"), PATIENCE)
            role = await add(database)
            assert await is_seen(database, role)


async def test_a_standby_that_is_promoted_is_read_no_more() -> None:
    with primary_and_standby() as pair:
        await asyncio.to_thread(upgrade, pair.primary.url)
        async with a_server(pair) as database:
            await until(lambda: all_are_read(database), PATIENCE)
            standby = await asyncpg.connect(pair.standby.url)
            await standby.execute("SELECT pg_promote()")
            await until(lambda: has_status(database, "not a standby of this primary"), PATIENCE)
            assert await is_seen(database, await add(database))
            await standby.close()
