"""Which pages may call the API from a browser."""

import httpx
import pytest

from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from tests.http.client import API, ROOT


async def preflight(settings: Settings, url: str, origin: str) -> httpx.Response:
    app = create_app(settings, url)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http:
        return await http.options(
            f"{API}/roles",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "authorization,if-match,x-api-key",
            },
        )


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://app.example.com", True),
        ("https://app.example.com:8443", False),
        ("http://app.example.com", False),
        ("https://app.example.com.evil.example", False),
        ("null", False),
    ],
)
async def test_only_the_named_origins_may_call(
    settings: Settings, database_url: str, origin: str, allowed: bool
) -> None:
    named = settings.model_copy(update={"backend_cors_origins": ("https://app.example.com",)})
    answer = await preflight(named, database_url, origin)
    assert answer.is_success == allowed
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    if allowed:
        assert answer.headers["access-control-allow-credentials"] == "true"


async def test_any_origin_is_never_combined_with_credentials(
    settings: Settings, database_url: str
) -> None:
    everyone = settings.model_copy(update={"backend_cors_origins": ("*",)})
    answer = await preflight(everyone, database_url, "https://evil.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_no_origin_is_allowed_where_none_is_named(
    settings: Settings, database_url: str
) -> None:
    answer = await preflight(settings, database_url, "https://app.example.com")
    assert answer.status_code == 204
    assert "access-control-allow-origin" not in answer.headers
