"""What deleted accounts had goes with them."""

from datetime import timedelta

import pytest

from application.users.purge_accounts import PurgeAccountsHandler
from domain.access import SYSTEM
from tests.application.service import Service
from tests.builders import a_user
from tests.builders.items import an_item


async def test_their_items_are_gone_deleted_or_not_a_batch_at_a_time(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.users.purge_accounts.ROWS_AT_ONCE", 2)
    now = service.clock.now()
    ann, bob = a_user(deleted_at=now - timedelta(days=15)), a_user()
    theirs = [an_item(owner_id=ann.id, deleted_at=deleted_at) for deleted_at in (None, now) * 3]
    await service.add(ann, bob, *theirs, kept := an_item(owner_id=bob.id))

    assert await service[PurgeAccountsHandler](SYSTEM) == 1

    assert [item.id for item in service.stored.items.scan()] == [kept.id]
