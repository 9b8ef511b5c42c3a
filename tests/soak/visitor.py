"""Somebody who uses the service, and comes again and again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import attrs
import httpx

from tests.system.service import API, PASSWORD, Person


@attrs.define
class Visitor:
    """Does again and again what somebody does, from signing in on."""

    client: httpx.AsyncClient
    person: Person
    deeds: "Sequence[Deed]"
    requests: int = 0

    async def __call__(self, until: float) -> None:
        while time.monotonic() < until:
            await self._sign_in()
            for deed in self.deeds:
                await deed(self)
            await self.ask("POST", "/auth/logout", 204)

    async def ask(
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
        tokens = (await self.ask("POST", "/auth/login", data=form)).json()
        renewed = await self.ask(
            "POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
        )
        self.client.headers["Authorization"] = f"Bearer {renewed.json()['access_token']}"


Deed: TypeAlias = Callable[[Visitor], Awaitable[None]]
