"""What a request leaves behind."""

import gc
from collections import Counter

from fastapi import Request

from domain.access import Actor
from entrypoints.http.edge import Edge
from tests.http.callers import as_member
from tests.http.client import Client

REQUESTS = 20


def is_of_a_request(each: object) -> bool:
    return isinstance(each, Request | Actor) or type(each).__module__ == Edge.__module__


async def test_a_request_leaves_nothing_that_only_the_garbage_collector_can_free(
    client: Client,
) -> None:
    """At thousands of requests a second it would stop them all, several times a second."""
    member = await as_member(client)
    await member.get("/users/me")
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(REQUESTS):
            await member.get("/users/me")
        gc.collect()
        left = [type(each) for each in gc.garbage if is_of_a_request(each)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    # What another test has left may happen to end in the meantime; a circle is made by each.
    assert max(Counter(left).values(), default=0) < REQUESTS
