"""What a route is made to answer with: the good request, but for one thing that is wrong."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack
from copy import copy
from typing import Never, TypeAlias, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import attrs
import httpx
from fastapi import FastAPI

from application.auth.authenticate import AuthenticateHandler
from application.events.follow import MOST_CONNECTIONS, Follow, Following
from domain.access import UserId
from entrypoints.bootstrap.services import Ports
from entrypoints.settings.schema import Settings
from tests.http.callers import as_superuser
from tests.http.client import ROOT, Answer, Client
from tests.http.contract import Operation
from tests.http.scene import UNKNOWN, Good, Scene
from tests.http.wired import wired

View = TypeVar("View")

_PARAMETER = re.compile(r"\{\w+\}")


@attrs.frozen(kw_only=True)
class Case:
    operation: Operation
    scene: Scene
    settings: Settings
    request: Callable[[Scene], Good]

    @property
    def client(self) -> Client:
        return self.scene.client

    @property
    def good(self) -> Good:
        return self.request(self.scene)

    @property
    def ports(self) -> Ports:
        return self.client.inside.ports

    @property
    def owner_id(self) -> UserId:
        return UserId(UUID(self.scene.owner.user_id))

    async def allowed(self) -> Client:
        """Somebody who may make the request."""
        if self.operation.access == "public":
            return self.client
        if self.operation.access == "permission":
            return await as_superuser(self.client)
        return self.scene.owner

    async def send(
        self, caller: Client | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The good request, but for who sends it or with which headers."""
        return await self.good.by(caller or await self.allowed(), self.operation, headers)

    async def send_body(self, content: bytes, headers: Mapping[str, str]) -> Answer:
        caller = await self.allowed()
        return await caller.request(
            self.operation.method, self.good.path, content=content, headers=headers
        )

    async def send_to(self, id_or_name: str, **params: str) -> Answer:
        """The good request, but for whom or what it names."""
        superuser = await as_superuser(self.client)
        path = _PARAMETER.sub(UNKNOWN, _PARAMETER.sub(id_or_name, self.operation.template, count=1))
        query = f"?{urlencode(params)}" if params else ""
        good = attrs.evolve(self.good, path=f"{ROOT}{path}{query}")
        return await good.by(superuser, self.operation)

    async def with_json(self, caller: Client, **changes: object) -> Answer:
        """The good request, but for some fields."""
        fields = self.good.json
        assert isinstance(fields, dict)
        return await caller.request(
            self.operation.method, self.good.path, json={**fields, **changes}
        )

    def under(self, **changes: object) -> "Case":
        """The same, but for some settings."""
        return attrs.evolve(self, settings=self.settings.model_copy(update=changes))

    async def send_while(self, ports: Ports, caller: Client | None = None) -> Answer:
        """The good request, to a service that stands on something else."""
        caller = caller or await self.allowed()
        with self.wired(ports):
            return await self.send(caller)

    def wired(self, ports: Ports) -> AbstractContextManager[None]:
        return wired(_app_of(self.client), ports, self.settings)


Provoke: TypeAlias = Callable[[Case], Awaitable[Answer]]


async def unknown(case: Case) -> Answer:
    """About what is not there."""
    return await case.send_to("unheard-of" if "{name}" in case.operation.template else UNKNOWN)


def following_too_often(handler: type[Following[View]]) -> Provoke:
    """By as many connections as one account may have, and one more."""

    async def too_many_connections(case: Case) -> Answer:
        services = case.client.inside.services
        follow = services[handler]
        caller = await case.allowed()
        admission = services[AuthenticateHandler].admit(caller.token or "")
        async with AsyncExitStack() as open_:
            follower = await open_.enter_async_context(follow.feed.joined())
            for _ in range(MOST_CONNECTIONS):
                await open_.enter_async_context(follow(Follow(follower=follower), admission))
            return await case.send(caller)

    return too_many_connections


@attrs.frozen
class Failing:
    """A port that leads out of the process, failing as it is told."""

    failure: Exception
    sections: tuple[str, ...] = ()

    def __getattr__(self, _name: str) -> "Failing":
        return self

    def __call__(self, *_: object, **__: object) -> Never:
        raise self.failure


def failing(ports: Ports, failure: Exception, *names: str) -> Ports:
    """The same, but for those of these names."""
    broken = copy(ports)
    for name in names:
        object.__setattr__(broken, name, Failing(failure))
    return broken


def _app_of(client: Client) -> FastAPI:
    transport = client.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app
