"""Whose address counts: a proxy's word for it is taken from proxies that are trusted, and from
nobody else."""

import httpx
import pytest
from fastapi import FastAPI

from entrypoints.settings.schema import Settings
from tests.http.callers import PASSWORD
from tests.http.contract import Contract
from tests.http.serving import serving

EMAIL = "ann@example.com"


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        # What the client itself has put in front of it is only what the client says.
        ("127.0.0.1", "192.0.2.66, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7", "127.0.0.1"),
        (None, "198.51.100.7", "127.0.0.1"),
    ],
)
async def test_the_address_of_a_session_is_what_a_trusted_proxy_says(
    app: FastAPI,
    settings: Settings,
    contract: Contract,
    trusted: str | None,
    forwarded: str,
    address: str,
) -> None:
    proxies = () if trusted is None else (trusted,)
    trusting = settings.model_copy(update={"trusted_proxies": proxies})
    async with (
        serving(app, trusting, contract) as server,
        httpx.AsyncClient(
            base_url=f"http://{server.address}/api/v1", headers={"X-Forwarded-For": forwarded}
        ) as client,
    ):
        await client.post("/users", json={"email": EMAIL, "password": PASSWORD})
        form = {"username": EMAIL, "password": PASSWORD}
        token = (await client.post("/auth/login", data=form)).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        [session] = (await client.get("/auth/sessions", headers=bearer)).json()["items"]
    assert session["ip"] == address
