"""Hours of ordinary use, as far as minutes can show them: memory is taken once and then no more."""

import asyncio
import json
import os
import ssl
import statistics
import time
from pathlib import Path

import attrs
import httpx
from websockets.asyncio.client import connect

from tests.system.service import API, PASSWORD, Installation, Person, Server, sign_up

PEOPLE = 6
ROWS = 500
FILE = os.urandom(512 * 1024)
SAMPLE_SECONDS = 0.5
LIMITS = dict.fromkeys(
    ("RATE_LIMIT_GENERAL", "RATE_LIMIT_LOGIN_ACCOUNT", "RATE_LIMIT_LOGIN_ADDRESS"), "off"
)
MOST_GROWTH = 8.0
"""Megabytes, from the middle of the time to its end. What leaks grows by far more than the noise of
an allocator: a leak of a kilobyte for each request would be hundreds."""


@attrs.define
class Visitor:
    """Does again and again what somebody does, from signing in on."""

    client: httpx.AsyncClient
    person: Person
    requests: int = 0

    async def __call__(self, until: float) -> None:
        while time.monotonic() < until:
            await self._sign_in()
            item = await self._create()
            await self._read(item)
            await self._attach(item)
            await self._import_and_export()
            await self._follow()
            await self._ask("DELETE", f"/items/{item}", 204)
            await self._ask("GET", "/items/nothing", 400)
            await self._ask("POST", "/auth/logout", 204)

    async def _ask(
        self, method: str, path: str, status: int = 200, **what: object
    ) -> httpx.Response:
        """As `httpx` takes it; again later where the server has too much to do."""
        while True:
            answer = await self.client.request(method, f"{API}{path}", **what)  # type: ignore[arg-type]  # its own names
            self.requests += 1
            if answer.status_code != 503:
                assert answer.status_code == status, answer.text
                return answer
            await asyncio.sleep(int(answer.headers["Retry-After"]))

    async def _sign_in(self) -> None:
        self.client.headers.pop("Authorization", None)
        form = {"username": self.person.email, "password": PASSWORD}
        tokens = (await self._ask("POST", "/auth/login", data=form)).json()
        renewed = await self._ask(
            "POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
        )
        self.client.headers["Authorization"] = f"Bearer {renewed.json()['access_token']}"

    async def _create(self) -> str:
        made = await self._ask("POST", "/items", 201, json={"title": "Lamp"})
        item: str = made.json()["id"]
        await self._ask("PATCH", f"/items/{item}", json={"description": "Brass"})
        return item

    async def _read(self, item: str) -> None:
        for _ in range(20):
            await self._ask("GET", f"/items/{item}")
        await self._ask("GET", "/items?q=lamp&sort=-updated_at&limit=50")
        await self._ask("GET", "/users/me")

    async def _attach(self, item: str) -> None:
        made = await self._ask(
            "POST", f"/items/{item}/attachments", 201, files={"file": ("noise.bin", FILE)}
        )
        path = f"/items/{item}/attachments/{made.json()['id']}"
        assert (await self._ask("GET", path)).content == FILE
        await self._ask("DELETE", path, 204)

    async def _import_and_export(self) -> None:
        lines = "".join(json.dumps({"title": f"Lamp {row}"}) + "\n" for row in range(ROWS))
        await self._ask(
            "POST",
            "/items/import",
            201,
            content=lines.encode(),
            headers={"Content-Type": "application/x-ndjson"},
        )
        await self._ask("GET", "/items/export?format=csv")

    async def _follow(self) -> None:
        url = f"{str(self.client.base_url).replace('http', 'ws', 1)}{API}/items/events"
        bearer = {"Authorization": self.client.headers["Authorization"]}
        async with connect(url, additional_headers=bearer) as socket:
            await self._create()
            await socket.recv()


async def test_memory_is_flat(
    installation: Installation, own_database_url: str, minutes: float
) -> None:
    server = installation.serve(DATABASE_URL=own_database_url, **LIMITS).wait_until_ready()
    people = [sign_up(server, f"ann-{number}@example.com") for number in range(PEOPLE)]
    trust = ssl.create_default_context()
    until = time.monotonic() + 60 * minutes

    visitors = [
        Visitor(httpx.AsyncClient(base_url=server.url, timeout=30, verify=trust), person)
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
