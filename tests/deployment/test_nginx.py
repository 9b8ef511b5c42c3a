"""Through nginx the service is what it is without, and knows who its clients are."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.deployment.conftest import Front
from tests.system.service import API, PASSWORD

CLIENT = "127.0.0.9"
"""Another address than nginx has for itself."""


@pytest.fixture
async def client(front: Front) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.AsyncHTTPTransport(verify=front.trust, local_address=CLIENT)
    async with httpx.AsyncClient(transport=transport, base_url=f"{front.url}{API}") as client:
        yield client


@pytest.fixture
async def signed_in(client: httpx.AsyncClient) -> httpx.AsyncClient:
    email = f"{uuid4().hex}@example.com"
    made = await client.post("/users", json={"email": email, "password": PASSWORD})
    assert made.status_code == 201, made.text
    form = {"username": email, "password": PASSWORD}
    # Whoever tells lies of where they are is not believed.
    told = {"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66"}
    tokens = (await client.post("/auth/login", data=form, headers=told)).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return client


async def test_is_served_by_tls_alone(front: Front, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{front.url}/health/live")
    assert answer.json()["status"] == "ok"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"

    async with httpx.AsyncClient() as plain:
        moved = await plain.get(f"http://localhost:{front.plain_port}/docs?x=1")
    assert moved.status_code == 308
    assert moved.headers["Location"] == "https://localhost/docs?x=1"


async def test_knows_the_client_s_own_address(signed_in: httpx.AsyncClient) -> None:
    [session] = (await signed_in.get("/auth/sessions")).json()["items"]
    assert session["ip"] == CLIENT


async def test_where_a_thing_is_is_said_as_clients_reach_it(
    front: Front, signed_in: httpx.AsyncClient
) -> None:
    made = await signed_in.post("/items", json={"title": "Lamp"})
    location = httpx.URL(f"{front.url}{API}/items").join(made.headers["Location"])
    assert (await signed_in.get(location)).json()["title"] == "Lamp"


async def test_events_come_by_websocket(front: Front, signed_in: httpx.AsyncClient) -> None:
    headers = {"Authorization": signed_in.headers["Authorization"]}
    url = f"wss://localhost:{front.port}{API}/items/events"
    async with connect(url, ssl=front.trust, additional_headers=headers) as socket:
        made = await signed_in.post("/items", json={"title": "Lamp"})
        event = json.loads(await socket.recv())
    assert event["item"]["id"] == made.json()["id"]


async def test_events_come_as_a_stream_that_nobody_holds_back(
    signed_in: httpx.AsyncClient,
) -> None:
    async with signed_in.stream("GET", "/items/events", timeout=15) as events:
        await signed_in.post("/items", json={"title": "Lamp"})
        data = await anext(
            line.removeprefix("data:")
            async for line in events.aiter_lines()
            if line.startswith("data:")
        )
    assert json.loads(data)["type"] == "item.created"


async def test_what_is_too_large_is_explained_by_the_service(signed_in: httpx.AsyncClient) -> None:
    answer = await signed_in.post("/items", json={"title": "x" * 1024 * 1024})
    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_the_figures_are_not_for_everybody(front: Front, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{front.url}/metrics")).status_code == 404
