"""Items: one, a page of them at any depth, a new one, and files of them."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import UUID

import asyncpg
import attrs
from pydantic_core import from_json, to_json

from adapters.security.identifiers import Uuid7Factory
from bench import item_transfers
from bench.bare import Connection, Pool, Receive, body_of, uuid7
from bench.figures import Bar
from bench.item_transfers import ITEMS, Transfers
from bench.load import Load, Run
from bench.people import READER, START, WRITER
from bench.servers import Server
from bench.subject import Findings, Subject, Tokens

OF_READER = 1_000
OF_COLLECTOR = 100_000
COLLECTOR = "collector@example.com"
"""Owns enough for a page far from the first."""
ONE_OF_READER = uuid7()
"""From the middle."""

_PAGE_SIZE = 100
_PAGE_OF_ITEMS = f"{ITEMS}?limit={_PAGE_SIZE}"
_DEPTH = 90_000
_CROWDS = (100, 256)
_FILES = 3

_SHOWN = "id, owner_id, title, description, status, attributes, created_at, updated_at, version"
_COLUMNS = tuple(_SHOWN.split(", "))
_ONE = f"SELECT {_SHOWN} FROM items WHERE id = $1 AND deleted_at IS NULL"  # noqa: S608 - only the columns above
_PAGE = (
    f"SELECT {_SHOWN} FROM items WHERE deleted_at IS NULL AND owner_id = $1"  # noqa: S608 - only the columns above
    f" ORDER BY created_at DESC, id DESC LIMIT {_PAGE_SIZE + 1}"
)
_COUNT = "SELECT count(*) FROM items WHERE deleted_at IS NULL AND owner_id = $1"
_ADD = f"INSERT INTO items ({_SHOWN}) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1)"  # noqa: S608 - only the columns above


async def _get(pool: Pool, caller: UUID, rest: str, _receive: Receive) -> tuple[int, bytes]:
    connection = await pool.acquire()
    record = await connection.fetchrow(_ONE, UUID(rest))
    await pool.release(connection)
    if record is None or record["owner_id"] != caller:
        return 404, b""
    return 200, to_json(_as_shown(record))


async def _page(pool: Pool, caller: UUID, _rest: str, _receive: Receive) -> tuple[int, bytes]:
    connection = await pool.acquire()
    records = await connection.fetch(_PAGE, caller)
    total = await connection.fetchval(_COUNT, caller)
    await pool.release(connection)
    shown = [_as_shown(record) for record in records[:_PAGE_SIZE]]
    last = shown[-1] if len(records) > _PAGE_SIZE else None
    cursor = last and base64.urlsafe_b64encode(f"{last['created_at']} {last['id']}".encode())
    return 200, to_json({"items": shown, "total": total, "next_cursor": cursor})


async def _create(pool: Pool, caller: UUID, _rest: str, receive: Receive) -> tuple[int, bytes]:
    item = from_json(await body_of(receive))
    item_id, now = uuid7(), datetime.now(UTC)
    title, description = item["title"], item["description"]
    status, attributes = item["status"], item["attributes"]
    connection = await pool.acquire()
    await connection.execute("BEGIN")
    await connection.execute(_ADD, item_id, caller, title, description, status, attributes, now)
    await connection.execute("COMMIT")
    await pool.release(connection)
    shown = {
        "id": str(item_id),
        "owner_id": str(caller),
        "title": title,
        "description": description,
        "status": status,
        "attributes": attributes,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    return 201, to_json(shown)


def _as_shown(record: asyncpg.Record) -> dict[str, object]:
    # asyncpg's own UUIDs are no exact `UUID`s, which costs the serialiser more than `str` does.
    return {**record, "id": str(record["id"]), "owner_id": str(record["owner_id"])}


async def _fill(connection: Connection, ids: Mapping[str, UUID]) -> None:
    new_id = Uuid7Factory()
    for email, count in ((READER, OF_READER), (COLLECTOR, OF_COLLECTOR)):
        item_ids = [new_id() for _ in range(count)]
        if email == READER:
            item_ids[count // 2] = ONE_OF_READER
        records = [_record(id_, ids[email], number) for number, id_ in enumerate(item_ids)]
        await connection.copy_records_to_table("items", columns=_COLUMNS, records=records)


def _compared(tokens: Tokens) -> Mapping[str, Load]:
    item = {
        "title": "Desk lamp",
        "description": "Brass, 1930s",
        "status": "active",
        "attributes": {"colour": "brass", "watts": 40},
    }
    return {
        "item": Load(path=f"{ITEMS}/{ONE_OF_READER}", token=tokens[READER]),
        "page": Load(path=_PAGE_OF_ITEMS, token=tokens[READER]),
        "create": Load(
            method="POST",
            path=ITEMS,
            body=json.dumps(item),
            content_type="application/json",
            token=tokens[WRITER],
        ),
    }


def _alone(server: Server, tokens: Tokens) -> Mapping[str, Load]:
    one = _compared(tokens)["item"]
    crowds = {
        f"item_{connections}_connections": attrs.evolve(one, connections=connections)
        for connections in _CROWDS
    }
    return crowds | {
        "cursor_first": _behind(0, server, tokens[COLLECTOR]),
        "cursor_deep": _behind(_DEPTH, server, tokens[COLLECTOR]),
    }


def _findings(
    alone: Mapping[str, Sequence[Run]], server: Server, tokens: Tokens, rows: int
) -> Findings:
    # The first alone has its statements prepared.
    runs = [Transfers.measure(server, tokens[WRITER], rows) for _ in range(_FILES + 1)][1:]
    files = item_transfers.figures(runs)
    come_in, go_out = files["imported_per_second"], files["exported_per_second"]
    more = files["megabytes_more"]
    both = zip(alone["cursor_first"], alone["cursor_deep"], strict=True)
    depth = median(first.rate / deep.rate for first, deep in both)
    return Findings(
        {"transfers": files},
        [
            # PostgreSQL itself is at 15 000, for twelve indexes and an event each (decision 35).
            Bar("rows imported per second", come_in, 12_000, is_least=True),
            Bar("rows exported per second", go_out, 50_000, is_least=True),
            Bar("memory more by transfers, MB", more, 50),
            Bar("cursor at depth / first cursor", depth, 1.3),
        ],
        [f"files: {come_in:,.0f} rows/s in, {go_out:,.0f} out; {more:.0f} MB more"],
    )


def _behind(depth: int, server: Server, token: str) -> Load:
    """The page that starts behind so many items, by its cursor."""
    before = server.get(f"{_PAGE_OF_ITEMS}&skip={max(depth - _PAGE_SIZE, 0)}", token)
    return Load(path=f"{_PAGE_OF_ITEMS}&cursor={before['next_cursor']}", token=token)


def _record(
    id_: UUID, owner_id: UUID, number: int
) -> tuple[UUID, UUID, str, str, str, str, datetime, datetime, int]:
    at = START + timedelta(seconds=number)
    return (
        id_,
        owner_id,
        f"Desk lamp {number}",
        f"Brass, 1930s, number {number} of the collection, with its first cable",
        ("draft", "active", "archived")[number % 3],
        f'{{"colour": "brass", "watts": {number % 100}, "tags": ["lamp", "desk"]}}',
        at,
        at,
        1,
    )


ABOUT_ITEMS = Subject(
    people=(READER, WRITER, COLLECTOR),
    fill=_fill,
    floor={
        ("GET", f"{ITEMS}/"): _get,
        ("GET", ITEMS): _page,
        ("POST", ITEMS): _create,
    },
    compared=_compared,
    ratios={"item": 0.55, "page": 0.50, "create": 0.45},
    alone=_alone,
    findings=_findings,
)
