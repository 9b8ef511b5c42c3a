"""Transactions commit in another order than they write in."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from adapters.postgres.query import compile_query
from domain.events import EventId
from entrypoints.bootstrap.running import Inside
from tests.adapters.postgres.watching import until
from tests.things import EVENTS, PostgresThings, Thing, add, things_in

OTHERS_END_WITHIN = 30.0
"""Seconds: whatever else runs on the server has to end first."""


@pytest.fixture
async def things(inside: Inside) -> AsyncIterator[PostgresThings]:
    async with things_in(inside) as things:
        yield things


async def test_an_event_waits_for_those_that_may_come_before_it(things: PostgresThings) -> None:
    start = await things.reader.now()
    slow, quick = Thing(), Thing()

    async with things.begin() as changing:
        await changing.add(slow)
        await add(things, quick)
        page = await things.reader.after(start, limit=10)
        assert (list(page.events), page.is_waiting) == ([], True)
        await changing.commit()

    async def are_told() -> bool:
        page = await things.reader.after(start, limit=10)
        return [each.event.subject.id for each in page.events] == [slow.id, quick.id]

    await until(are_told, OTHERS_END_WITHIN)


async def test_nobody_goes_on_from_what_is_not_to_be_told_yet(
    inside: Inside, things: PostgresThings
) -> None:
    async with things.begin() as changing:
        await changing.add(Thing())
        await add(things, Thing())
        [record] = await inside.database.rows(compile_query(select(EVENTS.table.c.id)), {})
        early = EventId(record["id"])
        assert await things.reader.find(early) is None

    async def is_found() -> bool:
        return await things.reader.find(early) is not None

    await until(is_found, OTHERS_END_WITHIN)
