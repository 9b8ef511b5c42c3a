"""Hours of ordinary use, as far as minutes can show them: memory is taken once and then no more."""

import asyncio
import os
import ssl
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.soak.items import works_on_items
from tests.soak.visitor import Deed, Visitor
from tests.system.service import Installation, Server, sign_up

PEOPLE = 6
SAMPLE_SECONDS = 0.5
LIMITS = dict.fromkeys(
    ("RATE_LIMIT_GENERAL", "RATE_LIMIT_LOGIN_ACCOUNT", "RATE_LIMIT_LOGIN_ADDRESS"), "off"
)
MOST_GROWTH = 8.0
"""Megabytes, from the middle of the time to its end. What leaks grows by far more than the noise of
an allocator: a leak of a kilobyte for each request would be hundreds."""


async def looks_after_an_account(visitor: Visitor) -> None:
    await visitor.ask("PATCH", "/users/me", json={"full_name": "Ann"})
    key = {"name": "Nightly report", "permissions": ["users:read"]}
    made = (await visitor.ask("POST", "/auth/api-keys", 201, json=key)).json()
    for _ in range(20):
        await visitor.ask("GET", "/users/me", headers={"Authorization": f"Bearer {made['key']}"})
    await visitor.ask("DELETE", f"/auth/api-keys/{made['id']}", 204)
    await visitor.ask("GET", "/auth/sessions?sort=-last_used_at&limit=50")
    await visitor.ask("GET", "/users/me/security-events")
    await visitor.ask("GET", "/users/me/export")
    await visitor.ask("GET", "/users/nothing", 400)


DEEDS: Sequence[Deed] = (
    looks_after_an_account,
    works_on_items,
)


async def test_memory_is_flat(
    installation: Installation, own_database_url: str, minutes: float
) -> None:
    server = installation.serve(DATABASE_URL=own_database_url, **LIMITS).wait_until_ready()
    people = [sign_up(server, f"ann-{number}@example.com") for number in range(PEOPLE)]
    trust = ssl.create_default_context()
    until = time.monotonic() + 60 * minutes

    visitors = [
        Visitor(httpx.AsyncClient(base_url=server.url, timeout=30, verify=trust), person, DEEDS)
        for person in people
    ]
    async with asyncio.TaskGroup() as group:
        for visitor in visitors:
            group.create_task(visitor(until))
        sampled = group.create_task(samples_of(server, until))
    for visitor in visitors:
        await visitor.client.aclose()

    samples = sampled.result()
    quarter = len(samples) // 4
    middle = statistics.median(samples[quarter : 2 * quarter])
    end = statistics.median(samples[-quarter:])
    requests = sum(visitor.requests for visitor in visitors)
    print(f"{requests} requests in {minutes:g} min: {middle:.1f} MB, at the end {end:.1f} MB")
    assert end - middle < MOST_GROWTH


async def samples_of(server: Server, until: float) -> list[float]:
    """The server's resident megabytes, as time goes by."""
    samples = []
    while time.monotonic() < until:
        samples.append(resident_megabytes(server.process.pid))
        await asyncio.sleep(SAMPLE_SECONDS)
    return samples


def resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
