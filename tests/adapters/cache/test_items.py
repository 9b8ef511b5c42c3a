"""Items that are kept: never shown as they were by the process that changed them, and by others
for no longer than a second."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest

from adapters.cache.items import CachedItemReader, item_as_bytes, item_of_bytes
from adapters.memory.cache import InProcessCache
from adapters.postgres.committed_events import CommittedEvents
from adapters.postgres.items import PostgresItemReader
from adapters.postgres.migrations import upgrade
from application.items.ports import ItemReader
from application.items.views import ItemView
from application.unit_of_work import BeginUnitOfWork
from domain.items import Item, ItemId, ItemNotFound
from domain.text import Json
from entrypoints.bootstrap.running import Inside, running
from entrypoints.settings.schema import Settings
from tests.adapters.postgres.watching import until
from tests.builders import LATER, a_user
from tests.builders.items import an_item
from tests.redis_server import RedisServer
from tests.standby import primary_and_standby
from tests.storing import store

SECOND = 1.0
LONG = 60.0
PATIENCE = 20


async def retitle(begin: BeginUnitOfWork, item_id: ItemId, title: str) -> None:
    async with begin() as uow:
        item = await uow.items.get(item_id)
        item.change(title=title, at=LATER)
        await uow.items.save(item)
        await uow.commit()


async def a_stored_item(inside: Inside) -> Item:
    user = a_user()
    await store(inside.ports.begin, user, item := an_item(owner_id=user.id))
    return item


async def title_of(items: ItemReader, item: Item) -> str:
    return (await items.get(item.id)).title


async def is_kept(items: ItemReader, item: Item) -> None:
    """What is asked for again is."""
    for _ in range(2):
        await items.get(item.id)


@pytest.fixture
async def keeper(settings: Settings, database_url: str) -> AsyncIterator[Inside]:
    """A process that gives up what it keeps only when it is told to."""
    patient = settings.model_copy(update={"item_cache_seconds": LONG})
    async with running(patient, database_url) as inside:
        yield inside


async def test_whoever_changes_an_item_never_shows_it_as_it_was(keeper: Inside) -> None:
    begin, items = keeper.ports.begin, keeper.ports.items
    item = await a_stored_item(keeper)
    acknowledged = 0
    is_over = False

    async def read() -> int:
        reads = 0
        while not is_over:
            least = acknowledged
            title = await title_of(items, item)
            assert title == item.title or int(title) >= least
            reads += 1
            await asyncio.sleep(0)
        return reads

    reading = [asyncio.create_task(read()) for _ in range(8)]
    for number in range(1, 101):
        await retitle(begin, item.id, str(number))
        acknowledged = number
        assert await title_of(items, item) == str(number)
    is_over = True
    assert min(await asyncio.gather(*reading)) > 0


async def test_what_is_gone_is_shown_no_more(keeper: Inside) -> None:
    begin, items = keeper.ports.begin, keeper.ports.items
    deleted, removed = await a_stored_item(keeper), await a_stored_item(keeper)
    for item in (deleted, removed):
        await is_kept(items, item)

    async with begin() as uow:
        item = await uow.items.get(deleted.id)
        item.delete(at=LATER)
        await uow.items.save(item)
        await uow.items.remove_all_of([removed.owner_id], limit=10)
        await uow.commit()

    for item in (deleted, removed):
        with pytest.raises(ItemNotFound):
            await items.get(item.id)


async def test_what_comes_back_is_shown_at_once(keeper: Inside) -> None:
    user = a_user()
    await store(keeper.ports.begin, user, gone := an_item(owner_id=user.id, deleted_at=LATER))
    with pytest.raises(ItemNotFound):
        await keeper.ports.items.get(gone.id)
    async with keeper.ports.begin() as uow:
        item = await uow.items.get_deleted(gone.id)
        item.restore(at=LATER)
        await uow.items.save(item)
        await uow.commit()

    assert (await keeper.ports.items.get(gone.id)).id == gone.id


async def test_a_change_that_was_not_committed_changes_nothing(keeper: Inside) -> None:
    item = await a_stored_item(keeper)
    await is_kept(keeper.ports.items, item)
    async with keeper.ports.begin() as uow:
        changed = await uow.items.get(item.id)
        changed.change(title="never", at=LATER)
        await uow.items.save(changed)
        assert await title_of(keeper.ports.items, item) == item.title

    assert await title_of(keeper.ports.items, item) == item.title


async def test_others_are_told_of_changes(inside: Inside, keeper: Inside) -> None:
    user = a_user()
    items = [an_item(owner_id=user.id) for _ in range(300)]
    await store(inside.ports.begin, user, *items)
    for item in items:
        await is_kept(keeper.ports.items, item)
    async with inside.ports.begin() as uow:
        for item in items:
            changed = await uow.items.get(item.id)
            changed.change(title="new", at=LATER)
            await uow.items.save(changed)
        await uow.commit()

    for item in items:

        async def is_told(item: Item = item) -> bool:
            return await title_of(keeper.ports.items, item) == "new"

        await until(is_told)


async def test_others_need_not_be_told(
    settings: Settings, inside: Inside, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a process dies between its commit and telling of it."""
    monkeypatch.setattr(CommittedEvents, "hear", lambda *_: None)
    item = await a_stored_item(inside)
    async with running(settings, database_url) as other:
        for number in range(3):
            await is_kept(other.ports.items, item)
            await retitle(inside.ports.begin, item.id, str(number))
            acknowledged_at = time.monotonic()
            stale = 0
            while True:
                asked_at = time.monotonic()
                if await title_of(other.ports.items, item) == str(number):
                    break
                stale += 1
                assert asked_at - acknowledged_at <= SECOND
                await asyncio.sleep(0.01)
            assert stale > 0, "it was not kept, so nothing was tried"


async def test_what_is_read_of_a_replica_behind_is_not_kept_behind_a_change(
    settings: Settings,
) -> None:
    with primary_and_standby() as pair:
        await asyncio.to_thread(upgrade, pair.primary.url)
        replicated = settings.model_copy(
            update={"database_replica_urls": (pair.standby.url,), "item_cache_seconds": LONG}
        )
        standby = await asyncpg.connect(pair.standby.url)
        async with running(replicated, pair.primary.url) as inside:
            begin, items = inside.ports.begin, inside.ports.items
            item = await a_stored_item(inside)

            async def is_read() -> bool:
                return inside.replicated.replicas() == {"replica 1": "ok"}

            await until(is_read, PATIENCE)
            await standby.execute("SELECT pg_wal_replay_pause()")
            change = asyncio.create_task(retitle(begin, item.id, "new"))
            seen = set()
            while not change.done():
                seen.add(await title_of(items, item))
                await asyncio.sleep(0.01)
            await change
            assert item.title in seen
            assert await title_of(items, item) == "new"
            await standby.execute("SELECT pg_wal_replay_resume()")
        await standby.close()


async def test_redis_may_come_and_go_and_nothing_is_wrong_nor_fails(
    settings: Settings, database_url: str, own_redis_server: RedisServer
) -> None:
    """Two processes, of which one changes what both show, while Redis is killed and frozen."""
    sharing = settings.model_copy(update={"redis_url": own_redis_server.url})
    async with running(sharing, database_url) as one, running(sharing, database_url) as other:
        item = await a_stored_item(one)
        await retitle(one.ports.begin, item.id, "0")
        acknowledged = [(time.monotonic(), 0)]
        reads: Counter[str] = Counter()
        is_over = asyncio.Event()

        async def change() -> None:
            while not is_over.is_set():
                number = acknowledged[-1][1] + 1
                await retitle(one.ports.begin, item.id, str(number))
                acknowledged.append((time.monotonic(), number))
                assert await title_of(one.ports.items, item) == str(number)
                await asyncio.sleep(0.02)

        def least(before: float) -> int:
            return max((number for at, number in acknowledged if at <= before), default=0)

        async def read(process: Inside, name: str, allowed: float) -> None:
            while not is_over.is_set():
                asked_at = time.monotonic()
                title = await title_of(process.ports.items, item)
                assert int(title) >= least(asked_at - allowed)
                reads[name] += 1
                await asyncio.sleep(0.005)

        async def read_on(times: int) -> None:
            """Until everybody has read so much more, however it stands with Redis."""
            enough = {name: reads[name] + times for name in ("one", "other")}

            async def have_read() -> bool:
                return all(reads[name] >= count for name, count in enough.items())

            await until(have_read, PATIENCE)

        async def harm() -> None:
            for _ in range(2):
                await read_on(40)
                own_redis_server.kill()
                await read_on(40)
                await asyncio.to_thread(own_redis_server.start)
                await read_on(200)
                own_redis_server.freeze()
                await read_on(40)
                own_redis_server.thaw()
                await read_on(200)
            is_over.set()

        await asyncio.gather(
            harm(),
            change(),
            *(read(one, "one", 0) for _ in range(4)),
            *(read(other, "other", SECOND) for _ in range(4)),
        )
        assert min(reads["one"], reads["other"]) > 10
        assert await one.checks_of_spares() == {"redis": "ok"}


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"text": "é \u2028 \U0001f4a1 \\ \" '", "": None, "nested": {"list": [[], {}, True]}},
        {"largest": 2**63 - 1, "least": -(2**63), "zero": 0, "one": 1.0},
        {"mole": 6.02e23, "third": 1 / 3, "tiny": 5e-324, "vast": 1.7976931348623157e308},
    ],
)
async def test_shows_exactly_what_there_is(inside: Inside, attributes: dict[str, Json]) -> None:
    user = a_user()
    item = an_item(owner_id=user.id, attributes=attributes, title="a\u0301 \U0001f4a1")
    await store(inside.ports.begin, user, item)
    reader = PostgresItemReader(inside.database)
    cached = CachedItemReader(reader, InProcessCache(LONG))

    shown = [await reader.get(item.id), *[await cached.get(item.id) for _ in range(3)]]
    shown.append(item_of_bytes(item_as_bytes(shown[0])))

    assert shown == [ItemView.of(item)] * 5
    assert len({repr(each) for each in shown}) == 1


async def test_many_who_want_one_item_cost_one_query(inside: Inside) -> None:
    item = await a_stored_item(inside)
    asked = 0

    class Counted(PostgresItemReader):
        async def get(self, item_id: ItemId) -> ItemView:
            nonlocal asked
            asked += 1
            return await super().get(item_id)

    cached = CachedItemReader(Counted(inside.database), InProcessCache(LONG))

    shown = await asyncio.gather(*(cached.get(item.id) for _ in range(200)))

    assert asked == 1
    assert len({id(each.attributes) for each in shown}) == 200


async def test_nothing_is_kept_where_that_is_not_wanted(
    settings: Settings, database_url: str
) -> None:
    none = settings.model_copy(update={"item_cache_seconds": 0})
    async with running(none, database_url) as inside:
        assert isinstance(inside.ports.items, PostgresItemReader)
        item = await a_stored_item(inside)
        await retitle(inside.ports.begin, item.id, "new")
        assert await title_of(inside.ports.items, item) == "new"
