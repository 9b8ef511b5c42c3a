"""What is due again is due for one caller alone."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.builders import CREATED
from tests.contracts.storage import Storage

HOUR = timedelta(hours=1)


async def claim(storage: Storage, planned: Mapping[str, datetime], at: datetime) -> set[str]:
    async with storage.begin() as uow:
        due = await uow.schedules.claim_due(planned, at=at)
        await uow.commit()
    return set(due)


async def test_is_due_for_the_first_time_as_planned(storage: Storage) -> None:
    assert await claim(storage, {"a": CREATED + HOUR}, CREATED) == set()
    assert await claim(storage, {"a": CREATED + 2 * HOUR}, CREATED + HOUR - HOUR / 60) == set()
    assert await claim(storage, {"a": CREATED + 2 * HOUR}, CREATED + HOUR) == {"a"}
    assert await claim(storage, {"a": CREATED + 2 * HOUR}, CREATED + HOUR) == set()
    assert await claim(storage, {"a": CREATED + 3 * HOUR}, CREATED + 2 * HOUR) == {"a"}


async def test_each_is_due_by_itself(storage: Storage) -> None:
    await claim(storage, {"a": CREATED + HOUR, "b": CREATED + 2 * HOUR}, CREATED)
    later = {"a": CREATED + 5 * HOUR, "b": CREATED + 5 * HOUR, "c": CREATED + 5 * HOUR}
    assert await claim(storage, later, CREATED + HOUR) == {"a"}
    assert await claim(storage, later, CREATED + 2 * HOUR) == {"b"}


async def test_nothing_is_due_where_there_is_no_schedule(storage: Storage) -> None:
    assert await claim(storage, {}, CREATED) == set()


async def test_one_of_any_number_of_callers_gets_it(storage: Storage) -> None:
    first, then = {"a": CREATED, "b": CREATED}, CREATED + HOUR
    await claim(storage, dict.fromkeys(first, then), CREATED)
    planned = dict.fromkeys(first, then + HOUR)
    claims = await asyncio.gather(*(claim(storage, planned, then) for _ in range(6)))
    assert sorted(name for due in claims for name in due) == ["a", "b"]


async def test_is_due_again_where_the_claim_was_undone(storage: Storage) -> None:
    await claim(storage, {"a": CREATED + HOUR}, CREATED)
    async with storage.begin() as uow:
        due = await uow.schedules.claim_due({"a": CREATED + 2 * HOUR}, at=CREATED + HOUR)
        assert due == {"a"}
    assert await claim(storage, {"a": CREATED + 2 * HOUR}, CREATED + HOUR) == {"a"}


async def test_a_timetable_that_was_made_denser_counts_from_now_on(storage: Storage) -> None:
    await claim(storage, {"a": CREATED + 100 * HOUR}, CREATED)
    assert await claim(storage, {"a": CREATED + HOUR}, CREATED) == set()
    assert await claim(storage, {"a": CREATED + 2 * HOUR}, CREATED + HOUR) == {"a"}
