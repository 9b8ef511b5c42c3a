"""Through nginx the service is what it is without, and knows who its clients are."""

import httpx

from tests.deployment.conftest import CLIENT, Front
from tests.system.service import API


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
    key = {"name": "Nightly import", "permissions": ["users:read"]}
    made = await signed_in.post("/auth/api-keys", json=key)
    location = httpx.URL(f"{front.url}{API}/auth/api-keys").join(made.headers["Location"])
    assert (await signed_in.delete(location)).status_code == 204


async def test_what_is_too_large_is_explained_by_the_service(signed_in: httpx.AsyncClient) -> None:
    answer = await signed_in.post("/auth/api-keys", json={"name": "x" * 1024 * 1024})
    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_the_figures_are_not_for_everybody(front: Front, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{front.url}/metrics")).status_code == 404
