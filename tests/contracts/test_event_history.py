"""What happened is kept for a while."""

from datetime import datetime, timedelta

from domain.access import UserId
from tests.builders import CREATED, a_user
from tests.builders.items import an_item
from tests.contracts.storage import Storage


async def swept(storage: Storage, before: datetime, limit: int) -> int:
    async with storage.begin() as uow:
        gone = await uow.events.sweep(before=before, limit=limit)
        await uow.commit()
    return gone


async def happened(storage: Storage, owner_id: UserId, *at: datetime) -> None:
    await storage.add(*(an_item(owner_id=owner_id, updated_at=each) for each in at))


async def test_forgets_what_is_old(storage: Storage) -> None:
    await storage.add(ann := a_user())
    await happened(storage, ann.id, CREATED, CREATED + timedelta(days=2))

    assert await swept(storage, CREATED + timedelta(days=1), limit=10) == 1
    assert await swept(storage, CREATED + timedelta(days=1), limit=10) == 0
    assert await swept(storage, CREATED + timedelta(days=3), limit=10) == 1


async def test_forgets_so_much_at_a_time(storage: Storage) -> None:
    await storage.add(ann := a_user())
    await happened(storage, ann.id, *[CREATED] * 5)

    gone = [await swept(storage, CREATED + timedelta(days=1), limit=2) for _ in range(4)]

    assert gone == [2, 2, 1, 0]
