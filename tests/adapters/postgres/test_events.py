"""Transactions commit in another order than they write in."""

from sqlalchemy import select

from adapters.postgres.items import ITEM_EVENT_TABLE
from adapters.postgres.query import compile_query
from domain.events import EventId
from entrypoints.bootstrap.running import Inside
from tests.adapters.postgres.watching import until
from tests.builders import a_user
from tests.builders.items import an_item
from tests.storing import store


async def test_an_event_waits_for_those_that_may_come_before_it(inside: Inside) -> None:
    begin = inside.ports.begin
    reader = inside.ports.item_events
    await store(begin, ann := a_user())
    start = await reader.now()
    slow, quick = an_item(owner_id=ann.id), an_item(owner_id=ann.id)

    async with begin() as uow:
        await uow.items.add(slow)
        await store(begin, quick)
        page = await reader.after(start, limit=10)
        assert (list(page.events), page.is_waiting) == ([], True)
        await uow.commit()

    async def are_told() -> bool:
        page = await reader.after(start, limit=10)
        return [each.event.subject.id for each in page.events] == [slow.id, quick.id]

    await until(are_told)


async def test_nobody_goes_on_from_what_is_not_to_be_told_yet(inside: Inside) -> None:
    begin = inside.ports.begin
    reader = inside.ports.item_events
    await store(begin, ann := a_user())
    async with begin() as uow:
        await uow.items.add(an_item(owner_id=ann.id))
        await store(begin, an_item(owner_id=ann.id))
        [record] = await inside.database.rows(
            compile_query(select(ITEM_EVENT_TABLE.table.c.id)), {}
        )
        early = EventId(record["id"])
        assert await reader.find(early) is None

    async def is_found() -> bool:
        return await reader.find(early) is not None

    await until(is_found)
