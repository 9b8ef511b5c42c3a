"""Files of items in and out of a real server, in constant memory and for as long as there is a
client."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.system.service import API, Installation, Person, Server, sign_in, sign_up

FEW, MANY = 10_000, 60_000
MEGABYTE = 1024 * 1024
NDJSON = {"Content-Type": "application/x-ndjson"}
WORDS = "Brass, 1930s, of a collection, with its first cable"


def rows(count: int, words: int = 4) -> Iterator[bytes]:
    for start in range(0, count, 500):
        numbers = range(start, min(start + 500, count))
        lines = [json.dumps({"title": f"Lamp {n}", "description": WORDS * words}) for n in numbers]
        yield "\n".join([*lines, ""]).encode()


def resident(server: Server) -> int:
    """Bytes of memory; PostgreSQL's are its own."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.fixture
def server(installation: Installation, own_database_url: str) -> Server:
    server = installation.serve(DATABASE_URL=own_database_url, DATABASE_LOCK_TIMEOUT="60")
    server.wait_until_ready()
    return server


@pytest.fixture
def owner(server: Server) -> Person:
    sign_up(server, "ann@example.com")
    return sign_in(server, "ann@example.com")


def import_items(server: Server, owner: Person, count: int, words: int = 4) -> httpx.Response:
    return httpx.post(
        f"{server.url}{API}/items/import",
        content=rows(count, words),
        headers={**NDJSON, **owner.headers},
        timeout=120,
    )


def exported(server: Server, owner: Person) -> int:
    """How many lines there are."""
    with httpx.stream(
        "GET", f"{server.url}{API}/items/export", headers=owner.headers, timeout=120
    ) as answer:
        assert answer.status_code == 200
        return sum(chunk.count(b"\n") for chunk in answer.iter_bytes())


def test_memory_does_not_grow_with_the_file(server: Server, owner: Person) -> None:
    assert import_items(server, owner, FEW).json()["imported"] == FEW
    assert exported(server, owner) == FEW
    before = resident(server)
    assert import_items(server, owner, MANY).json()["imported"] == MANY
    assert exported(server, owner) == FEW + MANY
    assert resident(server) - before < 20 * MEGABYTE


async def doing(database_url: str) -> list[str]:
    """What the server has open there: transactions, by their last statement."""
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetch(
            "SELECT query FROM pg_stat_activity"
            " WHERE application_name LIKE 'tessera%'"
            " AND datname = current_database() AND xact_start IS NOT NULL"
        )
    finally:
        await connection.close()
    return [each["query"] for each in found]


async def until(is_so: Callable[[list[str]], bool], database_url: str) -> None:
    for _ in range(200):
        if is_so(await doing(database_url)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not within ten seconds")


def sends(server: Server, head: str, owner: Person, body: bytes = b"") -> socket.socket:
    headers = {"Host": "localhost", "Content-Length": len(body), **NDJSON, **owner.headers}
    lines = [f"{head} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=15)
    connection.sendall("\r\n".join(lines).encode() + body)
    return connection


async def test_whoever_leaves_an_export_keeps_nothing_open(
    server: Server, owner: Person, own_database_url: str
) -> None:
    # More than what fits between the server and its client.
    import_items(server, owner, FEW, words=100)
    with sends(server, f"GET {API}/items/export", owner) as leaver:
        assert leaver.recv(100)
        await until(bool, own_database_url)
    await until(lambda open_: not open_, own_database_url)


async def test_whoever_leaves_an_import_has_stored_nothing(
    server: Server, owner: Person, own_database_url: str
) -> None:
    connection = await asyncpg.connect(own_database_url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE items IN SHARE MODE")
            body = b"".join(rows(1000))
            with sends(server, f"POST {API}/items/import", owner, body):
                await until(bool, own_database_url)
            await until(lambda open_: not open_, own_database_url)
        assert await connection.fetchval("SELECT count(*) FROM items") == 0
    finally:
        await connection.close()
