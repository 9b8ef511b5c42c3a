"""What only a real server shows."""

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest

from adapters.postgres.connection import Database, PoolSettings, open_database
from adapters.postgres.migrations import upgrade
from tests.adapters.postgres.watching import Watcher
from tests.emptying import MigratedDatabase, migrated
from tests.postgres_server import fresh_clone


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What only root meets is no test for others: left out, as nothing is ever skipped."""
    if os.geteuid() != 0:
        items[:] = [item for item in items if item.get_closest_marker("as_root") is None]


@pytest.fixture
def pool_settings() -> PoolSettings:
    return PoolSettings(size=3, queue=20, patience=5, connect_timeout=2)


@pytest.fixture(scope="module")
async def _quiet_database(postgres_url: str) -> AsyncIterator[MigratedDatabase]:
    with fresh_clone(postgres_url, upgrade) as url:
        async with migrated(url) as database:
            yield database


@pytest.fixture
async def quiet_url(_quiet_database: MigratedDatabase) -> str:
    """An empty database to which nobody else is connected."""
    await _quiet_database.empty()
    return _quiet_database.url


@pytest.fixture
async def database(quiet_url: str, pool_settings: PoolSettings) -> AsyncIterator[Database]:
    async with open_database(quiet_url, pool_settings) as database:
        yield database


@pytest.fixture
async def watcher(quiet_url: str) -> AsyncIterator[Watcher]:
    connection = await asyncpg.connect(quiet_url)
    yield Watcher(connection)
    await connection.close()
