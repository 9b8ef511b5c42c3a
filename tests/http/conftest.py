"""The routes over ASGI, on PostgreSQL."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.http.client import ROOT, Client
from tests.http.contract import Contract, as_object


@pytest.fixture(scope="session")
def contract(started_app: FastAPI) -> Contract:
    return Contract(as_object(started_app.openapi()))


@pytest.fixture(scope="session")
async def _http(started_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(started_app)
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as http:
        yield http


@pytest.fixture
def client(app: FastAPI, _http: httpx.AsyncClient, contract: Contract) -> Client:
    """Nobody in particular; `tests.http.callers` make somebody of it."""
    return Client(http=_http, contract=contract, inside=app.state.inside)
