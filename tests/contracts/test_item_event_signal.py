"""Whoever hands out events is told that there may be one."""

import asyncio

from tests.builders import a_user
from tests.builders.items import an_item
from tests.contracts.storage import Storage

PATIENCE = 2.0


async def test_tells_of_what_was_committed(storage: Storage) -> None:
    await storage.add(ann := a_user())
    waiting = asyncio.create_task(storage.item_event_signal.wait())
    await storage.add(an_item(owner_id=ann.id))
    await asyncio.wait_for(waiting, PATIENCE)


async def test_tells_of_what_was_committed_before_anyone_waited(storage: Storage) -> None:
    await storage.add(ann := a_user())
    for _ in range(3):
        await storage.add(an_item(owner_id=ann.id))
    await asyncio.wait_for(storage.item_event_signal.wait(), PATIENCE)
