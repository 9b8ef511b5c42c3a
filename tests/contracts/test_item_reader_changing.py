"""Pages of items by key, while others come and go."""

import random
from datetime import timedelta

import pytest

from application.items.listing import ItemFilter
from domain.items import Item, ItemStatus
from tests.builders import CREATED, LATER, a_user
from tests.builders.items import an_item
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window

WORDS = ("lamp", "lamps", "Lamp lamp", "desk lamp")


@pytest.mark.parametrize("sort", ["created_at", "-title", "status,-created_at", "-rank"])
@pytest.mark.parametrize("seed", range(3))
async def test_what_stays_is_shown_once(storage: Storage, sort: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - so that a failure can be repeated
    await storage.add(ann := a_user())

    def any_item() -> Item:
        return an_item(
            owner_id=ann.id,
            title=chance.choice(WORDS),
            status=chance.choice(list(ItemStatus)),
            created_at=CREATED + timedelta(hours=chance.randrange(4)),
        )

    items = [any_item() for _ in range(30)]
    await storage.add(*items)
    staying = {item.id for item in items}
    shown: list[object] = []
    window = a_window(sort, limit=4)
    while True:
        page = await storage.items.page(ItemFilter(q="lamp"), window)
        shown += [item.id for item in page.rows]
        if page.next is None:
            break
        window = a_window(
            ",".join(map(str, page.next.sort)), limit=4, after=page.next, with_total=False
        )
        await storage.add(any_item())
        gone = chance.choice(sorted(staying))
        staying.discard(gone)
        async with storage.begin() as uow:
            item = await uow.items.get(gone)
            item.delete(at=LATER)
            await uow.items.save(item)
            await uow.commit()

    assert len(shown) == len(set(shown))
    assert staying <= set(shown)
