"""What only a real server shows."""

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest

from adapters.postgres.connection import Database, PoolSettings, open_database
from tests.adapters.postgres.watching import Watcher


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What only root meets is no test for others: left out, as nothing is ever skipped."""
    if os.geteuid() != 0:
        items[:] = [item for item in items if item.get_closest_marker("as_root") is None]


@pytest.fixture
def pool_settings() -> PoolSettings:
    return PoolSettings(size=3, queue=20, patience=5, connect_timeout=2)


@pytest.fixture
async def database(database_url: str, pool_settings: PoolSettings) -> AsyncIterator[Database]:
    async with open_database(database_url, pool_settings) as database:
        yield database


@pytest.fixture
async def watcher(database_url: str) -> AsyncIterator[Watcher]:
    connection = await asyncpg.connect(database_url)
    yield Watcher(connection)
    await connection.close()
