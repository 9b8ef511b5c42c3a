"""What a page of items costs, by whatever it is filtered and sorted: on 200 000 of them no more
than a small part is ever read, and the table is neither scanned nor sorted."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import attrs
import pytest

from adapters.postgres.connection import PoolSettings, open_database
from adapters.postgres.events import WrittenEvents
from adapters.postgres.items import PostgresItemReader, PostgresItemRepository
from adapters.postgres.migrations import upgrade
from application.items.listing import ITEMS, ItemFilter
from application.paging import BEST_FIRST, RANKED_AT_MOST, Position, Sort, Window, parse_sort
from domain.access import UserId
from domain.items import ItemId, ItemStatus
from tests.adapters.postgres.explained import ExplainedConnection, ExplainedDatabase
from tests.builders import new_id
from tests.contracts.windows import position_of
from tests.postgres_server import fresh_clone

ROWS = 200_000
LIMIT = 100
# What is left of a filter and is to be sorted, or is walked past because it does not match.
BOUND = 12_000
FILL = f"""
    INSERT INTO users
        (id, email, email_key, username, is_active, is_superuser, email_verified,
         language, deleted_by_owner, created_at, updated_at, version)
    SELECT md5('user' || n)::uuid, n::text, n::text, 'user' || n, true, false, true, 'en', false,
        now(), now(), 1
    FROM generate_series(0, 1000) n;

    CREATE TEMP TABLE indexes AS
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = 'items' AND indexname <> 'pk_items';
    DO $$ DECLARE index text; BEGIN
        FOR index IN SELECT indexname FROM indexes LOOP
            EXECUTE 'DROP INDEX ' || index;
        END LOOP;
    END $$;

    -- Half of them are one owner's, one in fifty is deleted, one in a thousand is rare.
    INSERT INTO items (id, owner_id, title, description, status, attributes, created_at, updated_at,
        deleted_at, version)
    SELECT md5('item' || n)::uuid,
        md5('user' || CASE WHEN n % 2 = 0 THEN 0 ELSE 1 + n % 1000 END)::uuid,
        md5('title' || n) || ' lamp' || n % 20,
        'brass' || CASE WHEN n % 1000 = 0 THEN ' rare' ELSE '' END,
        CASE WHEN n % 1000 = 0 THEN 'archived' WHEN n % 3 = 0 THEN 'active' ELSE 'draft' END,
        jsonb_build_object('colour', n / 7 % 3, 'rare', n % 1000 = 0),
        timestamptz '2026-01-01 00:00Z' + n * interval '1 min',
        timestamptz '2026-01-01 00:00Z' + (n * 7919 % {ROWS}) * interval '1 min',
        CASE WHEN n % 50 = 49 THEN now() END, 1
    FROM generate_series(1, {ROWS}) n;

    DO $$ DECLARE definition text; BEGIN
        FOR definition IN SELECT indexdef FROM indexes LOOP
            EXECUTE definition;
        END LOOP;
    END $$;
"""  # noqa: S608 - a number of our own


def id_of(kind: str, number: int) -> UUID:
    return UUID(hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


LATE = datetime(2026, 5, 19, tzinfo=UTC)
MIDDLE = datetime(2026, 3, 11, tzinfo=UTC)
MANY, FEW = UserId(id_of("user", 0)), UserId(id_of("user", 102))
IN_THE_MIDDLE = ItemId(id_of("item", ROWS // 2))

FILTERS = {
    "none": ItemFilter(),
    "owner of many": ItemFilter(owner_id=MANY),
    "owner of few": ItemFilter(owner_id=FEW),
    "common status": ItemFilter(status=ItemStatus.DRAFT),
    "rare status": ItemFilter(status=ItemStatus.ARCHIVED),
    "owner and status": ItemFilter(owner_id=MANY, status=ItemStatus.ACTIVE),
    "created late": ItemFilter(created_from=LATE),
    "created early": ItemFilter(created_to=MIDDLE),
    "created between": ItemFilter(created_from=MIDDLE, created_to=MIDDLE.replace(day=12)),
    "updated late": ItemFilter(updated_from=LATE),
    "updated early": ItemFilter(updated_from=MIDDLE),
    "common attribute": ItemFilter(attributes={"colour": 1}),
    "rare attribute": ItemFilter(attributes={"rare": True}),
    "common word": ItemFilter(q="brass"),
    "some word": ItemFilter(q="lamp7"),
    "rare word": ItemFilter(q="rare"),
    "no word": ItemFilter(q="nowhere"),
    "word and status": ItemFilter(q="lamp7", status=ItemStatus.DRAFT),
    "word and attribute": ItemFilter(q="brass", attributes={"colour": 1}),
    "deleted": ItemFilter(deleted=True),
}
SORTS = [f"{sign}{field}" for field in sorted(ITEMS.sortable) for sign in ("", "-")]


@pytest.fixture(scope="module")
async def filled_url(postgres_url: str) -> AsyncIterator[str]:
    with fresh_clone(postgres_url, upgrade) as url:
        connection = await asyncpg.connect(url)
        await connection.execute(FILL)
        await connection.execute("VACUUM ANALYZE items")
        await connection.close()
        yield url


@pytest.fixture
async def explained(filled_url: str) -> AsyncIterator[ExplainedConnection]:
    async with (
        open_database(filled_url, PoolSettings(size=1, statement_timeout=30)) as database,
        database.transaction() as connection,
    ):
        yield ExplainedConnection(connection._raw, database.pool.watchdog)


def first_page(sort: Sort) -> Window:
    """Without its total, to count for which is to look at all that there is."""
    return Window(
        limit=LIMIT, skip=0, sort=sort, after=None, with_total=False, otherwise=ITEMS.default_sort
    )


def behind(value: object, sort: Sort) -> Window:
    """A row with this value, whose id sorts first of all."""
    position = Position(sort=sort, values=(value, UUID(int=0)))
    return attrs.evolve(first_page(sort), after=position)


def reads_little(explained: ExplainedConnection, bound: int) -> None:
    assert explained.steps
    # Entries of an index alone are read by the hundred thousand in milliseconds.
    assert all(step.read <= bound for step in explained.steps if step.kind != "Bitmap Index Scan")


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", FILTERS)
async def test_a_page_reads_little_however_deep(
    explained: ExplainedConnection, name: str, sort: str
) -> None:
    reader = PostgresItemReader(ExplainedDatabase(explained))
    window = first_page(parse_sort(sort, allowed=ITEMS.sortable))
    await reader.page(FILTERS[name], window)
    reads_little(explained, BOUND)

    middle = position_of(await reader.get(IN_THE_MIDDLE), sort)
    explained.steps.clear()
    await reader.page(FILTERS[name], attrs.evolve(window, after=middle))
    reads_little(explained, BOUND)


@pytest.mark.parametrize("sort", [*SORTS, "-created_at,title", "title,-created_at"])
@pytest.mark.parametrize("name", ["none", "owner of many"])
async def test_where_an_index_has_the_order_nothing_is_read_in_vain(
    explained: ExplainedConnection, name: str, sort: str
) -> None:
    reader = PostgresItemReader(ExplainedDatabase(explained))
    window = first_page(parse_sort(sort, allowed=ITEMS.sortable))
    page = await reader.page(FILTERS[name], window)
    assert len(page.rows) == LIMIT
    reads_little(explained, 2 * LIMIT)


@pytest.mark.parametrize("name", [name for name, chosen in FILTERS.items() if chosen.q])
async def test_no_more_is_ranked_than_has_a_bound(
    explained: ExplainedConnection, name: str
) -> None:
    reader = PostgresItemReader(ExplainedDatabase(explained))
    page = await reader.page(FILTERS[name], first_page(BEST_FIRST))
    sorts = [step for step in explained.steps if step.kind == "Sort"]
    assert all(step.read <= RANKED_AT_MOST for step in sorts)
    if page.next is not None:
        window = first_page(page.next.sort)
        explained.steps.clear()
        await reader.page(FILTERS[name], attrs.evolve(window, after=page.next))
        reads_little(explained, BOUND)


async def test_one_is_found_by_its_id(explained: ExplainedConnection) -> None:
    reader = PostgresItemReader(ExplainedDatabase(explained))
    assert (await reader.get(IN_THE_MIDDLE)).id == IN_THE_MIDDLE
    explained.looks_up({"items"})


async def test_one_is_locked_and_written_by_its_id(explained: ExplainedConnection) -> None:
    items = PostgresItemRepository(explained, WrittenEvents(new_id), set())
    item = await items.get(IN_THE_MIDDLE)
    item.change(title="new", at=LATE)
    await items.save(item)
    explained.looks_up({"items"})


@pytest.mark.parametrize("sort", SORTS)
async def test_to_count_ones_own_reads_no_others(explained: ExplainedConnection, sort: str) -> None:
    reader = PostgresItemReader(ExplainedDatabase(explained))
    window = first_page(parse_sort(sort, allowed=ITEMS.sortable))
    chosen = ItemFilter(owner_id=FEW)
    page = await reader.page(chosen, attrs.evolve(window, with_total=True))
    assert (len(page.rows), page.total) == (LIMIT, ROWS // 1000)
    explained.looks_up({"items"}, at_most=ROWS // 1000)


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("created_at", MIDDLE),
        ("-created_at", MIDDLE),
        ("-updated_at", MIDDLE),
        ("title", "7"),
        ("-title", "7"),
    ],
)
async def test_a_page_by_cursor_costs_the_same_however_deep(
    explained: ExplainedConnection, sort: str, value: object
) -> None:
    reader = PostgresItemReader(ExplainedDatabase(explained))
    window = behind(value, parse_sort(sort, allowed=ITEMS.sortable))
    page = await reader.page(ItemFilter(owner_id=MANY), window)
    assert len(page.rows) == LIMIT
    explained.looks_up({"items"}, at_most=2 * (LIMIT + 1))
