"""Work off the event loop, and what happens when there is too much of it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.security.threads import BoundedThreads, usable_cores
from domain.errors import Unavailable


@pytest.fixture
async def pool() -> AsyncIterator[BoundedThreads]:
    pool = BoundedThreads("test", threads=1, waiting=1, retry_after=7, refused_after=0)
    yield pool
    await pool.aclose()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What work in these tests waits for."""
    gate = threading.Event()
    yield gate
    gate.set()


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_answers_what_the_work_answers(pool: BoundedThreads) -> None:
    assert await pool.run(lambda: 42) == 42


async def test_raises_what_the_work_raises(pool: BoundedThreads) -> None:
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 // 0)
    assert await pool.run(lambda: "still works") == "still works"


async def test_never_works_on_the_thread_of_the_event_loop(pool: BoundedThreads) -> None:
    assert await pool.run(threading.get_ident) != threading.get_ident()


async def test_leaves_the_event_loop_free(pool: BoundedThreads, gate: threading.Event) -> None:
    work = asyncio.create_task(pool.run(gate.wait))
    # Reached only if the loop goes on while the thread waits for what comes after.
    await settle()
    assert not work.done()
    gate.set()
    assert await work


async def test_refuses_what_is_too_much(pool: BoundedThreads, gate: threading.Event) -> None:
    admitted = [asyncio.create_task(pool.run(gate.wait)) for _ in range(2)]
    await settle()
    with pytest.raises(Unavailable) as refusal:
        await asyncio.wait_for(pool.run(gate.wait), 10)
    assert refusal.value.retry_after == 7
    with pytest.raises(Unavailable):
        await asyncio.wait_for(pool.must_have_room(), 10)
    gate.set()
    assert await asyncio.gather(*admitted) == [True, True]
    for _ in range(5):
        await pool.must_have_room()
    assert await pool.run(lambda: "room again") == "room again"


async def test_whoever_is_refused_is_held_for_a_moment(gate: threading.Event) -> None:
    pool = BoundedThreads("test", threads=1, waiting=0, refused_after=600)
    admitted = asyncio.create_task(pool.run(gate.wait))
    await settle()
    held = [asyncio.create_task(pool.run(gate.wait)) for _ in range(1000)]
    await settle()
    assert not any(each.done() for each in held)
    # However many come, no more than these take up memory.
    with pytest.raises(Unavailable):
        await asyncio.wait_for(pool.run(gate.wait), 10)
    # Whoever leaves makes room for another.
    held[0].cancel()
    await settle()
    held[0] = asyncio.create_task(pool.run(gate.wait))
    await settle()
    assert not held[0].done()
    for each in held:
        each.cancel()
    await asyncio.wait(held)
    gate.set()
    assert await admitted
    await pool.aclose()


async def test_failing_work_gives_its_room_back(pool: BoundedThreads) -> None:
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)


async def test_a_cancelled_caller_holds_its_room_until_the_thread_is_done(
    pool: BoundedThreads, gate: threading.Event
) -> None:
    started = threading.Event()

    def work() -> None:
        started.set()
        gate.wait()

    caller = asyncio.create_task(pool.run(work))
    assert await asyncio.to_thread(started.wait, 10)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    waiting = asyncio.create_task(pool.run(lambda: "next"))
    await settle()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(pool.run(lambda: "too much"), 10)
    gate.set()
    assert await waiting == "next"


async def test_a_caller_cancelled_while_waiting_is_never_worked_for(
    pool: BoundedThreads, gate: threading.Event
) -> None:
    done: list[str] = []
    first = asyncio.create_task(pool.run(gate.wait))
    second = asyncio.create_task(pool.run(lambda: done.append("second")))
    await settle()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    third = asyncio.create_task(pool.run(lambda: done.append("third")))
    await settle()
    gate.set()
    await asyncio.gather(first, third)
    assert done == ["third"]


async def test_closing_waits_for_what_was_admitted(gate: threading.Event) -> None:
    pool = BoundedThreads("test", threads=1, waiting=1)
    admitted = [asyncio.create_task(pool.run(gate.wait)) for _ in range(2)]
    await settle()
    closing = asyncio.create_task(pool.aclose())
    await settle()
    assert not closing.done()
    gate.set()
    await closing
    assert await asyncio.gather(*admitted) == [True, True]


async def test_refuses_once_closed() -> None:
    pool = BoundedThreads("test", threads=1, waiting=0)
    await pool.aclose()
    await pool.aclose()
    for _ in range(3):
        with pytest.raises(Unavailable, match="shutting down"):
            await pool.run(lambda: None)


@pytest.mark.parametrize(("threads", "waiting"), [(0, 1), (1, -1)])
def test_needs_a_thread_and_a_queue(threads: int, waiting: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        BoundedThreads("test", threads=threads, waiting=waiting)


def test_finds_at_least_one_core() -> None:
    assert usable_cores() >= 1
