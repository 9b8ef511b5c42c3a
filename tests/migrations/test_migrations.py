"""Migrations go up, down and up again, and end where the tables in the code are."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest

from adapters.postgres import migrations
from adapters.postgres.revision import newest_revision
from domain.errors import Unavailable


def test_each_goes_down_and_up_again(own_database_url: str) -> None:
    for _ in range(2):
        migrations.downgrade(own_database_url, "base")
        assert migrations.current(own_database_url) is None
        migrations.upgrade(own_database_url)
        assert migrations.current(own_database_url) == newest_revision()


def test_the_database_ends_up_like_the_tables_in_the_code(own_database_url: str) -> None:
    assert migrations.drift(own_database_url) == []

    migrations.downgrade(own_database_url, "base")

    assert migrations.drift(own_database_url)


def test_two_at_once_take_turns(own_database_url: str) -> None:
    migrations.downgrade(own_database_url, "base")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(migrations.upgrade, [own_database_url] * 2))

    assert migrations.current(own_database_url) == newest_revision()
    assert migrations.drift(own_database_url) == []


def test_gives_up_on_a_table_that_others_use_before_all_wait_behind_it(
    own_database_url: str,
) -> None:
    async def migrate_while_somebody_reads() -> None:
        reader = await asyncpg.connect(own_database_url)
        try:
            async with reader.transaction():
                await reader.fetch("SELECT FROM users")
                with pytest.raises(Unavailable, match="was in use for 5s"):
                    await asyncio.to_thread(migrations.downgrade, own_database_url, "base")
        finally:
            await reader.close()

    asyncio.run(migrate_while_somebody_reads())

    migrations.upgrade(own_database_url)
    assert migrations.drift(own_database_url) == []
