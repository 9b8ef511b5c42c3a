"""What deleted accounts had goes before they do, as the foreign keys want it."""

from datetime import UTC, datetime, timedelta

import asyncpg

from application.users.purge_accounts import PurgeAccountsHandler
from domain.access import SYSTEM
from entrypoints.bootstrap.running import Inside
from tests.builders import a_user
from tests.builders.attachments import an_attachment
from tests.builders.items import an_item
from tests.storing import store


async def test_accounts_go_with_their_items_and_the_files_of_those(
    inside: Inside, database_url: str
) -> None:
    purge = inside.services[PurgeAccountsHandler]
    long_ago = datetime.now(UTC) - timedelta(days=15)
    users = [a_user(deleted_at=long_ago, is_superuser=False) for _ in range(3)]
    lamps = [an_item(owner_id=user.id, deleted_at=at) for user in users for at in (None, long_ago)]
    await store(purge.begin, *users, *lamps, *map(an_attachment, lamps))
    await store(purge.begin, bob := a_user(), desk := an_item(owner_id=bob.id), an_attachment(desk))

    assert await purge(SYSTEM) == len(users)

    connection = await asyncpg.connect(database_url)
    left = await connection.fetch("SELECT item_id, owner_id FROM attachments")
    await connection.close()
    assert [tuple(row) for row in left] == [(desk.id, bob.id)]
