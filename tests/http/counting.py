"""The service on a way to PostgreSQL on which every statement is counted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from adapters.postgres.committed_events import CommittedEvents
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.http.client import ROOT, Client
from tests.http.contract import Contract
from tests.relay import Relay


@asynccontextmanager
async def counted_app(settings: Settings, relay: Relay) -> AsyncIterator[FastAPI]:
    # That limit is told to the others by a statement a second, whoever asks for what; and on a busy
    # machine a second may pass between two requests.
    app = create_app(settings.model_copy(update={"rate_limit_general": "off"}), relay.url)
    with pytest.MonkeyPatch.context() as patch:
        # Nor are other processes told of changes, behind the answers and of many at once.
        patch.setattr(CommittedEvents, "keep_telling", _never_tell)
        async with app.router.lifespan_context(app):
            yield app


@asynccontextmanager
async def client_of(app: FastAPI, contract: Contract) -> AsyncIterator[Client]:
    """Nobody in particular."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as http:
        yield Client(http=http, contract=contract, inside=app.state.inside)


async def remembered(caller: Client, relay: Relay) -> None:
    """Wait until the caller is: what the last test changed may still be on its way."""
    for _ in range(100):
        relay.statements.clear()
        assert (await caller.get("/permissions")).status == 200
        if not relay.statements:
            return
    pytest.fail("the caller is not remembered")


async def _never_tell(*_: object, every: float) -> None:
    await asyncio.Event().wait()
