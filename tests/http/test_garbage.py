"""What a request leaves behind."""

import gc

from fastapi import Request

from domain.access import Actor
from tests.http.callers import as_member
from tests.http.client import Client


async def test_a_request_leaves_nothing_that_only_the_garbage_collector_can_free(
    client: Client,
) -> None:
    """At thousands of requests a second it would stop them all, several times a second."""
    member = await as_member(client)
    item = await member.post("/items", json={"title": "Lamp"})
    path = f"/items/{item.text('id')}"
    await member.get(path)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(20):
            await member.get(path)
        gc.collect()
        left = [each for each in gc.garbage if isinstance(each, Request | Actor)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == []
