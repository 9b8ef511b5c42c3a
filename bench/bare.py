"""What the routes of the floor are made of, and where it has those that every service has."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TypeAlias
from uuid import UUID

import asyncpg

HEALTH = "/health/live"
LOGIN = "/api/v1/auth/login"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Route: TypeAlias = Callable[[Pool, UUID, str, Receive], Awaitable[tuple[int, bytes]]]
"""What it answers to whom, given the end of its path."""
Routes: TypeAlias = Mapping[tuple[str, str], Route]
"""By method and path; one that ends with a slash is of whatever has one more segment."""


async def body_of(receive: Receive) -> bytes:
    message = await receive()
    body = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]  # type: ignore[operator]  # ASGI says it is bytes
    return body  # type: ignore[return-value]  # the same


def uuid7() -> UUID:
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10), "big")
    bits = milliseconds << 80 | random_bits
    return UUID(int=bits & ~(0xF << 76) & ~(0b11 << 62) | 7 << 76 | 0b10 << 62)
