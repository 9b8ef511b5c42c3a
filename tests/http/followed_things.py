"""The service with a feature more, whose things can be followed."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

import attrs
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection

from domain.access import UserId
from entrypoints.bootstrap.running import in_background
from entrypoints.bootstrap.services import Services
from entrypoints.bootstrap.use_cases import HANDLERS, SHARED
from entrypoints.http.app import create_app
from entrypoints.http.events import add_events
from entrypoints.http.routing import API_V1_STR, router_of
from entrypoints.http.schemas import Id, Shape
from entrypoints.settings.schema import Settings
from tests.http.callers import Caller
from tests.http.client import Client
from tests.http.contract import Contract
from tests.http.serving import Event, Serving, serving
from tests.things import FollowThings, PostgresThings, Thing, add, things_of


class FollowedThingShape(Shape):
    id: Id
    owner_id: Id
    type: str
    version: int


# Called like no feature that somebody may make.
PATH = f"{API_V1_STR}/followed-things"
EVENTS = f"{PATH}/events"
router = router_of("followed-things", prefix=PATH)
add_events(router, FollowThings, FollowedThingShape)


@attrs.frozen
class Server:
    """A service with things that can be followed."""

    serving: Serving
    things: PostgresThings

    @property
    def client(self) -> Client:
        return self.serving.client

    def socket(
        self, token: str | None, query: str = "", origin: str | None = None
    ) -> AbstractAsyncContextManager[ClientConnection]:
        return self.serving.socket(token, query, origin, path=EVENTS)

    def stream(
        self, follower: Client, last_event_id: str | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        return self.serving.stream(follower.token or "", last_event_id, path=EVENTS)

    async def make(self, owner: Caller, name: str) -> Thing:
        thing = Thing(owner_id=UserId(UUID(owner.user_id)), type=name)
        await add(self.things, thing)
        return thing


def an_app(settings: Settings, url: str) -> FastAPI:
    app = create_app(settings, url)
    app.router.routes.extend(router.routes)
    return app


@asynccontextmanager
async def served(settings: Settings, url: str, contract: Contract) -> AsyncIterator[Server]:
    app = an_app(settings, url)
    async with app.router.lifespan_context(app):
        inside = app.state.inside
        things = things_of(inside)
        follow = FollowThings(reader=things.reader, rights=inside.ports.rights_changes)
        others = {kind: inside.services[kind] for kind in (*SHARED, *HANDLERS)}
        services = Services({**others, FollowThings: follow})
        app.state.inside = attrs.evolve(inside, services=services)
        async with (
            in_background(follow.feed.keep_reading()),
            in_background(follow.feed.keep_watching_rights()),
            serving(app, settings, contract) as serving_,
        ):
            yield Server(serving_, things)
