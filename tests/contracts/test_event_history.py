"""What happened is kept for a while."""

from datetime import datetime, timedelta

from tests.builders import CREATED
from tests.things import Thing, Things, add

DAY = timedelta(days=1)


async def swept(things: Things, before: datetime, limit: int) -> int:
    async with things.begin() as changing:
        gone = await changing.events.sweep(before=before, limit=limit)
        await changing.commit()
    return gone


async def happened(things: Things, *at: datetime) -> None:
    await add(things, *(Thing(updated_at=each) for each in at))


async def test_forgets_what_is_old(things: Things) -> None:
    await happened(things, CREATED, CREATED + 2 * DAY)

    assert await swept(things, CREATED + DAY, limit=10) == 1
    assert await swept(things, CREATED + DAY, limit=10) == 0
    assert await swept(things, CREATED + 3 * DAY, limit=10) == 1


async def test_forgets_so_much_at_a_time(things: Things) -> None:
    await happened(things, *[CREATED] * 5)

    gone = [await swept(things, CREATED + DAY, limit=2) for _ in range(4)]

    assert gone == [2, 2, 1, 0]
