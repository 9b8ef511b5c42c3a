"""Connections in the order they were asked for, and never more than there may be."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import attrs
import pytest

from adapters.postgres.pool import ConnectionPool, RawConnection
from domain.errors import Unavailable


@attrs.define
class Server:
    """Opens real connections, as long as it is told to."""

    url: str
    is_up: bool = True
    opened: list[RawConnection] = attrs.field(factory=list)

    async def connect(self) -> RawConnection:
        if not self.is_up:
            raise ConnectionRefusedError
        connection = await asyncpg.connect(self.url)
        self.opened.append(connection)
        return connection

    @property
    def live(self) -> list[RawConnection]:
        return [connection for connection in self.opened if not connection.is_closed()]


@pytest.fixture
async def server(quiet_url: str) -> AsyncIterator[Server]:
    server = Server(quiet_url)
    yield server
    for connection in server.live:
        await connection.close()


def a_pool(
    server: Server, *, size: int = 1, queue: int = 100, patience: float = 5
) -> ConnectionPool:
    return ConnectionPool(
        server.connect, size=size, queue=queue, patience=patience, longest_statement=60
    )


async def settled() -> None:
    """Let every task come as far as it can without the network."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_lends_again_what_came_back(server: Server) -> None:
    pool = a_pool(server, size=5)
    for _ in range(3):
        pool.release(await pool.acquire())
    assert len(server.opened) == 1


async def test_never_opens_more_than_it_may(server: Server) -> None:
    pool = a_pool(server, size=3)
    most = 0

    async def work() -> None:
        nonlocal most
        connection = await pool.acquire()
        most = max(most, len(server.live))
        await connection.execute("SELECT 1")
        pool.release(connection)

    await asyncio.gather(*(work() for _ in range(30)))
    assert most == len(server.opened) == 3


async def test_serves_in_the_order_of_asking(server: Server) -> None:
    pool = a_pool(server)
    first = await pool.acquire()
    served: list[int] = []

    async def wait(number: int) -> None:
        connection = await pool.acquire()
        served.append(number)
        await asyncio.sleep(0)
        pool.release(connection)

    waiters = [asyncio.create_task(wait(number)) for number in range(10)]
    await settled()
    pool.release(first)
    # Whoever comes now is the last, although at this moment none is lent.
    waiters.append(asyncio.create_task(wait(10)))
    await asyncio.gather(*waiters)
    assert served == list(range(11))


async def test_refuses_at_once_whoever_finds_the_queue_full(server: Server) -> None:
    pool = a_pool(server, queue=2)
    lent = await pool.acquire()
    waiters = [asyncio.create_task(pool.acquire()) for _ in range(2)]
    await settled()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await pool.acquire()
    assert time.monotonic() - began < 0.1
    pool.release(lent)
    for waiter in waiters:
        pool.release(await waiter)


async def test_refuses_after_a_while_whoever_waits_in_vain(server: Server) -> None:
    pool = a_pool(server, patience=0.02)
    lent = await pool.acquire()
    with pytest.raises(Unavailable):
        await pool.acquire()
    pool.release(lent)
    assert await pool.acquire() is lent


async def test_whoever_gives_up_waiting_loses_nothing_for_the_others(server: Server) -> None:
    pool = a_pool(server)
    lent = await pool.acquire()
    leaver, stayer = (asyncio.create_task(pool.acquire()) for _ in range(2))
    await settled()
    leaver.cancel()
    await settled()
    pool.release(lent)
    assert await stayer is lent


async def test_what_was_handed_over_in_the_moment_of_giving_up_goes_to_the_next(
    server: Server,
) -> None:
    pool = a_pool(server)
    lent = await pool.acquire()
    leaver, stayer = (asyncio.create_task(pool.acquire()) for _ in range(2))
    await settled()
    pool.release(lent)
    leaver.cancel()
    assert await stayer is lent
    with pytest.raises(asyncio.CancelledError):
        await leaver


async def test_lends_no_broken_connection(server: Server) -> None:
    pool = a_pool(server)
    broken = await pool.acquire()
    pool.release(broken)
    broken.terminate()
    again = await pool.acquire()
    assert again is not broken
    assert await again.fetchval("SELECT 1") == 1
    again.terminate()
    pool.release(again)
    assert await (await pool.acquire()).fetchval("SELECT 1") == 1


async def test_lends_no_connection_that_was_left_in_a_transaction(server: Server) -> None:
    pool = a_pool(server)
    left = await pool.acquire()
    await left.execute("BEGIN")
    pool.release(left)
    assert left.is_closed()
    assert not (await pool.acquire()).is_in_transaction()


async def test_a_connection_that_cannot_be_opened_leaves_its_place_to_the_next(
    server: Server,
) -> None:
    pool = a_pool(server)
    server.is_up = False
    for _ in range(3):
        with pytest.raises(Unavailable):
            await pool.acquire()
    lost = asyncio.gather(*(pool.acquire() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) for outcome in await lost)
    server.is_up = True
    assert await (await pool.acquire()).fetchval("SELECT 1") == 1


async def test_a_broken_one_that_comes_back_lets_the_next_open_another(server: Server) -> None:
    pool = a_pool(server)
    lent = await pool.acquire()
    waiter = asyncio.create_task(pool.acquire())
    await settled()
    lent.terminate()
    pool.release(lent)
    assert await (await waiter).fetchval("SELECT 1") == 1


async def test_an_interrupted_one_frees_its_place_once_it_is_closed(server: Server) -> None:
    pool = a_pool(server)
    lent = await pool.acquire()
    query = asyncio.create_task(lent.execute("SELECT pg_sleep(30)"))
    await asyncio.sleep(0.01)
    query.cancel()
    await settled()
    pool.discard(lent)
    other = await pool.acquire()
    assert lent.is_closed()
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)'"
    assert await other.fetchval(f"{sleeping} AND state = 'active'") == 0


async def test_forgets_those_that_are_idle(server: Server) -> None:
    pool = a_pool(server, size=2)
    lent, idle = await pool.acquire(), await pool.acquire()
    pool.release(idle)
    pool.forget_idle()
    assert (lent.is_closed(), idle.is_closed()) == (False, True)
    other = await pool.acquire()
    assert other not in (lent, idle)


async def test_closes_those_that_are_idle_and_the_others_as_they_come_back(
    server: Server,
) -> None:
    pool = a_pool(server, size=2)
    lent, idle = await pool.acquire(), await pool.acquire()
    pool.release(idle)
    await pool.close()
    assert (lent.is_closed(), idle.is_closed()) == (False, True)
    pool.release(lent)
    assert lent.is_closed()
