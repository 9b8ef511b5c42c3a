"""How PostgreSQL goes about the hot queries on tables of some size."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from adapters.postgres.access_changes import AccessChanges
from adapters.postgres.auth import (
    PostgresCallerReader,
    PostgresCredentialsReader,
    PostgresRefreshTokenRepository,
    PostgresSessionReader,
    PostgresSessionRepository,
)
from adapters.postgres.connection import PoolSettings, open_database
from adapters.postgres.migrations import upgrade
from adapters.postgres.users import (
    PostgresUserReader,
    PostgresUserRepository,
)
from application.auth.list_sessions import SESSIONS
from application.paging import Listing, Position, Window, parse_sort
from application.users.listing import USERS, UserFilter
from domain.access import Origin, SessionId, UserId
from tests.adapters.postgres.explained import ExplainedConnection, ExplainedDatabase
from tests.postgres_server import fresh_clone

ROWS = 20_000
LIMIT = 100
# The others fit on a page, where looking at all of it is best.
LARGE = {"users", "sessions", "refresh_tokens", "user_roles"}
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)

# Every user has a session with a token.
FILL = f"""
    CREATE TEMP TABLE numbers AS
    SELECT n, timestamptz '2026-01-01 00:00Z' + n * interval '1 min' AS at
    FROM generate_series(1, {ROWS}) n;

    INSERT INTO users
        (id, email, email_key, username, is_active, is_superuser, email_verified,
         language, deleted_by_owner, created_at, updated_at, version)
    SELECT md5('user' || n)::uuid, 'user' || n || '@example.com', 'user' || n || '@example.com',
        'user' || n, true, false, true, 'en', false, at, at, 1
    FROM numbers;
    INSERT INTO user_roles SELECT id, 'member' FROM users;

    INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, network, device)
    SELECT md5('session' || n)::uuid, md5('user' || n)::uuid, at, at, '2027-01-01',
        '203.0.113.9', 'curl/'
    FROM numbers;
    INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at)
    SELECT sha256(n::text::bytea), md5('session' || n)::uuid, at, '2027-01-01' FROM numbers;
"""  # noqa: S608 - a number of our own


def id_of(kind: str, number: int) -> UUID:
    return UUID(hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


USER = UserId(id_of("user", 4711))
SESSION = SessionId(id_of("session", 4711))
TOKEN_HASH = hashlib.sha256(b"4711").digest()


@pytest.fixture(scope="module")
async def filled_url(postgres_url: str) -> AsyncIterator[str]:
    with fresh_clone(postgres_url, upgrade) as url:
        connection = await asyncpg.connect(url)
        await connection.execute(FILL)
        await connection.execute("ANALYZE")
        await connection.close()
        yield url


@pytest.fixture
async def explained(filled_url: str) -> AsyncIterator[ExplainedConnection]:
    async with (
        open_database(filled_url, PoolSettings(size=1)) as database,
        database.transaction() as connection,
    ):
        yield ExplainedConnection(connection._raw, database.pool.watchdog)


@pytest.fixture
def database(explained: ExplainedConnection) -> ExplainedDatabase:
    return ExplainedDatabase(explained)


def window(listing: Listing, sort: str | None = None, *, after: object = None) -> Window:
    """A first page, or the one behind a row with this value, whose id sorts first of all."""
    keys = listing.default_sort if sort is None else parse_sort(sort, allowed=listing.sortable)
    position = None
    if after is not None:
        position = Position(sort=keys, values=(after, UUID(int=0)))
    return Window(limit=LIMIT, skip=0, sort=keys, after=position, with_total=after is None)


def looks_up(explained: ExplainedConnection) -> None:
    explained.looks_up(LARGE)


@pytest.mark.parametrize("name", ["user4711@example.com", "USER4711"])
async def test_credentials_are_found_by_email_and_username(
    explained: ExplainedConnection, database: ExplainedDatabase, name: str
) -> None:
    found = await PostgresCredentialsReader(database).find(
        name, Origin(address="203.0.113.9"), at=NOW
    )
    assert found is not None
    assert found.user_id == USER
    looks_up(explained)


async def test_a_caller_is_found_by_the_session(
    explained: ExplainedConnection, database: ExplainedDatabase
) -> None:
    caller = await PostgresCallerReader(database).find(SESSION)
    assert caller is not None
    assert caller.actor.user_id == USER
    looks_up(explained)


async def test_an_account_is_found_by_its_id(
    explained: ExplainedConnection, database: ExplainedDatabase
) -> None:
    assert (await PostgresUserReader(database).get(USER)).id == USER
    await PostgresUserRepository(explained, AccessChanges()).get(USER)
    assert "Seq Scan" not in {step.kind for step in explained.steps if step.table in LARGE}


async def test_superusers_are_found_among_many_accounts(explained: ExplainedConnection) -> None:
    await PostgresUserRepository(explained, AccessChanges()).lock_superusers()
    assert "Seq Scan" not in {step.kind for step in explained.steps if step.table in LARGE}


async def test_accounts_are_listed_off_an_index(
    explained: ExplainedConnection, database: ExplainedDatabase
) -> None:
    users = PostgresUserReader(database)
    for sort, after in ((None, NOW), ("email", "user15"), ("username", "user15")):
        await users.page(UserFilter(), window(USERS, sort, after=after))
        for steps in (explained.steps, explained.generic_steps):
            assert "Seq Scan" not in {step.kind for step in steps if step.table == "users"}
        explained.steps.clear()
        explained.generic_steps.clear()


async def test_a_session_and_its_token_are_found_by_id_and_hash(
    explained: ExplainedConnection,
) -> None:
    sessions = PostgresSessionRepository(explained, AccessChanges())
    tokens = PostgresRefreshTokenRepository(explained)
    assert (await sessions.get(SESSION)).id == SESSION
    assert await tokens.find(TOKEN_HASH) is not None
    await tokens.spend(TOKEN_HASH, at=NOW)
    looks_up(explained)


async def test_ones_own_sessions_are_found_among_many(
    explained: ExplainedConnection, database: ExplainedDatabase
) -> None:
    page = await PostgresSessionReader(database).page(
        USER, window(SESSIONS), at=NOW, used_since=BEGINNING - timedelta(days=14)
    )
    assert [row.id for row in page.rows] == [SESSION]
    looks_up(explained)


async def test_all_sessions_of_a_user_are_ended_by_an_index(
    explained: ExplainedConnection,
) -> None:
    sessions = PostgresSessionRepository(explained, AccessChanges())
    await sessions.revoke_all(USER, at=NOW)
    looks_up(explained)
