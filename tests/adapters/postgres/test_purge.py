"""A thousand accounts at once, and several who remove them."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from application.users.purge_accounts import PurgeAccountsHandler
from domain.access import SYSTEM
from entrypoints.bootstrap.running import Inside
from tests.builders import a_user, an_audit_entry

ACCOUNTS = 1000


async def test_a_thousand_accounts_go_a_batch_at_a_time(inside: Inside, database_url: str) -> None:
    purge = inside.services[PurgeAccountsHandler]
    long_ago = datetime.now(UTC) - timedelta(days=15)
    users = [a_user(deleted_at=long_ago, is_superuser=False) for _ in range(ACCOUNTS)]
    kept = a_user()
    async with purge.begin() as uow:
        await uow.users.add_many([*users, kept])
        for user in users:
            await uow.audit.add(an_audit_entry(target_id=user.id))
        await uow.commit()

    counts = await asyncio.gather(purge(SYSTEM), purge(SYSTEM))

    assert sum(counts) == ACCOUNTS
    connection = await asyncpg.connect(database_url)
    left = await connection.fetchrow(
        "SELECT (SELECT array_agg(id) FROM users) AS users,"
        " (SELECT count(*) FROM audit WHERE target_id IS NOT NULL) AS named,"
        " (SELECT sum((details ->> 'accounts')::int) FROM audit WHERE event = 'accounts_purged')"
        " AS noted"
    )
    await connection.close()
    assert left is not None
    assert [*left] == [[kept.id], 0, ACCOUNTS]
