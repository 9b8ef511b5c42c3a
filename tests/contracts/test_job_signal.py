"""Whoever runs jobs is told that there may be one."""

import asyncio
from contextlib import suppress

import pytest

from domain.jobs import JobId
from tests.builders import CREATED, new_id
from tests.chores import Chore, leave
from tests.contracts.storage import Storage

PATIENCE = 2.0
SILENCE = 0.3


@pytest.fixture
async def quiet(storage: Storage) -> Storage:
    """Whatever was left before this test has been heard of."""
    await leave(storage.begin, Chore(), at=CREATED)
    await asyncio.wait_for(storage.job_signal.wait(), PATIENCE)
    # That may have been of an older one, and this one's is still to come.
    with suppress(TimeoutError):
        while True:
            await asyncio.wait_for(storage.job_signal.wait(), SILENCE)
    return storage


async def test_tells_of_what_was_committed(quiet: Storage) -> None:
    waiting = asyncio.create_task(quiet.job_signal.wait())
    await leave(quiet.begin, Chore(), at=CREATED)
    await asyncio.wait_for(waiting, PATIENCE)


async def test_tells_of_what_was_committed_before_anyone_waited(quiet: Storage) -> None:
    for _ in range(3):
        await leave(quiet.begin, Chore(), at=CREATED)
    await asyncio.wait_for(quiet.job_signal.wait(), PATIENCE)


async def test_tells_nothing_of_what_was_undone(quiet: Storage) -> None:
    async with quiet.begin() as uow:
        await uow.outbox.add(Chore(), job_id=JobId(new_id()), at=CREATED)
    waiting = asyncio.create_task(quiet.job_signal.wait())
    _, pending = await asyncio.wait({waiting}, timeout=0.1)
    assert pending
    waiting.cancel()
