"""The application over real connections: streams, sockets, and what a proxy says."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import attrs
import httpx
import uvicorn
import websockets
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection

from domain.text import Json
from entrypoints.http.listening import bind
from entrypoints.http.uvicorn_config import config_of
from entrypoints.settings.schema import Settings
from tests.http.client import ROOT, Client
from tests.http.contract import Contract

PATIENCE = 10.0
Event = dict[str, Json]


@attrs.frozen
class Serving:
    client: Client
    address: str
    server: uvicorn.Server

    @asynccontextmanager
    async def socket(
        self,
        token: str | None,
        query: str = "",
        origin: str | None = None,
        *,
        path: str,
    ) -> AsyncIterator[ClientConnection]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if origin is not None:
            headers["Origin"] = origin
        async with websockets.connect(
            f"ws://{self.address}{path}{query}", additional_headers=headers, max_queue=None
        ) as socket:
            yield socket

    @asynccontextmanager
    async def stream(
        self, token: str, last_event_id: str | None = None, *, path: str
    ) -> AsyncIterator["AsyncIterator[Event]"]:
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        async with (
            httpx.AsyncClient(base_url=f"http://{self.address}", timeout=PATIENCE) as http,
            http.stream("GET", path, headers=headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"] == "text/event-stream"
            assert "content-encoding" not in answer.headers
            yield _events_in(answer)


async def heard_by(socket: ClientConnection) -> Event:
    async with asyncio.timeout(PATIENCE):
        event = json.loads(await socket.recv())
    assert isinstance(event, dict)
    return event


async def _events_in(answer: httpx.Response) -> AsyncIterator[Event]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """They are pytest's."""
        yield


@asynccontextmanager
async def serving(app: FastAPI, settings: Settings, contract: Contract) -> AsyncIterator[Serving]:
    """The application, which has been started, over real connections."""
    config = config_of(settings, app)
    config.lifespan = "off"
    listener = bind("127.0.0.1", 0)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    host, port = listener.getsockname()
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http:
            client = Client(http=http, contract=contract, inside=app.state.inside)
            yield Serving(client, f"{host}:{port}", server)
    finally:
        server.should_exit = True
        await task
