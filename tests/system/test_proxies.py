"""Whose address counts: a proxy's word for it is taken from proxies that are trusted, and from
nobody else."""

import httpx
import pytest

from tests.system.service import API, PASSWORD, Installation, Server

EMAIL = "ann@example.com"


@pytest.fixture
def session_address(installation: Installation, own_database_url: str) -> "AddressOf":
    return AddressOf(installation, own_database_url)


class AddressOf:
    """What the service takes a client's address to be."""

    def __init__(self, installation: Installation, url: str) -> None:
        self.installation = installation
        self.url = url

    def __call__(self, forwarded: str, **environment: str) -> str:
        server: Server = self.installation.serve(DATABASE_URL=self.url, **environment)
        server.wait_until_ready()
        try:
            headers = {"X-Forwarded-For": forwarded}
            with httpx.Client(base_url=f"{server.url}{API}", headers=headers) as client:
                client.post("/users", json={"email": EMAIL, "password": PASSWORD})
                form = {"username": EMAIL, "password": PASSWORD}
                token = client.post("/auth/login", data=form).json()["access_token"]
                bearer = {"Authorization": f"Bearer {token}"}
                [session] = client.get("/auth/sessions", headers=bearer).json()["items"]
                return str(session["ip"])
        finally:
            server.terminate()
            server.status()


def test_a_trusted_proxy_says_who_the_client_is(session_address: AddressOf) -> None:
    # What the client itself has put in front of it is only what the client says.
    forwarded = "192.0.2.66, 198.51.100.7"

    assert session_address(forwarded, TRUSTED_PROXIES="127.0.0.1") == "198.51.100.7"


def test_anybody_else_is_who_they_are(session_address: AddressOf) -> None:
    assert session_address("198.51.100.7") == "127.0.0.1"


def test_a_proxy_that_is_not_in_the_list_is_anybody_else(session_address: AddressOf) -> None:
    assert session_address("198.51.100.7", TRUSTED_PROXIES="10.0.0.1") == "127.0.0.1"
