"""What the service says of itself."""

import asyncpg
import httpx
import pytest

from adapters.postgres.revision import newest_revision
from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from entrypoints.version import VERSION
from tests.http.callers import as_member
from tests.http.client import API, ROOT, Client
from tests.redis_server import RedisServer


async def test_greets_whoever_comes(client: Client) -> None:
    greeting = await client.get(f"{ROOT}/")
    assert greeting.body == {"name": "Tessera", "version": VERSION, "docs": "/docs"}


@pytest.mark.parametrize("path", ["/health", "/health/", "/health/live", "/health/ready"])
async def test_is_healthy(client: Client, path: str) -> None:
    answer = await client.get(f"{ROOT}{path}")
    assert (answer.status, answer["status"]) == (200, "ok")


async def test_readiness_names_each_check(client: Client) -> None:
    answer = await client.get(f"{ROOT}/health/ready")
    assert answer["checks"] == {"database": "ok", "migrations": "ok"}


async def test_is_alive_but_not_ready_while_migrations_are_missing(
    settings: Settings, own_database_url: str
) -> None:
    app = create_app(settings, own_database_url)
    connection = await asyncpg.connect(own_database_url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
    ):
        for undoing in (
            "UPDATE alembic_version SET version_num = 'old'",
            "DROP TABLE alembic_version",
        ):
            await connection.execute(undoing)
            ready = await http.get("/health/ready")
            assert ready.status_code == 503
            assert ready.headers["retry-after"] == "1"
            checks = {"database": "ok", "migrations": "missing"}
            assert ready.json() == {"status": "unavailable", "checks": checks}
            assert (await http.get("/health/live")).status_code == 200
        assert app.state.inside.newest_revision == newest_revision()
    await connection.close()


async def test_is_ready_without_its_redis_and_names_it(
    settings: Settings, database_url: str, own_redis_server: RedisServer
) -> None:
    url = own_redis_server.url.replace("//", "//ann:hush@")
    for redis_url, outcome in (
        (own_redis_server.url, "ok"),
        (url, "Redis does not answer: AuthenticationError"),
        ("redis://ann:hush@127.0.0.1:1/0", "Redis does not answer: ConnectionError"),
    ):
        sharing = settings.model_copy(update={"redis_url": redis_url, "redis_timeout": 1})
        app = create_app(sharing, database_url)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
        ):
            ready = await http.get("/health/ready")
            assert ready.status_code == 200
            assert ready.json()["checks"]["redis"] == outcome


async def test_is_ready_without_its_replicas_and_names_them(
    settings: Settings, database_url: str
) -> None:
    nowhere = "postgresql://ann:hush@127.0.0.1:1/tessera"
    with_replica = settings.model_copy(update={"database_replica_urls": (nowhere,)})
    app = create_app(with_replica, database_url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
    ):
        ready = await http.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "ok")
        assert ready.json()["checks"] == {
            "database": "ok",
            "migrations": "ok",
            "replica 1": "unreachable",
        }


async def test_is_ready_without_its_broker_and_names_it(
    settings: Settings, database_url: str, own_redis_server: RedisServer
) -> None:
    with_broker = settings.model_copy(
        update={"broker_url": own_redis_server.url, "jobs_concurrency": 1}
    )
    app = create_app(with_broker, database_url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http,
    ):
        for broker in ("ok", "The broker does not answer."):
            ready = await http.get("/health/ready")
            assert (ready.status_code, ready.json()["status"]) == (200, "ok")
            assert ready.json()["checks"]["broker"] == broker
            own_redis_server.kill()


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/"])
async def test_the_documentation_is_served_from_here_under_a_strict_policy(
    client: Client, path: str
) -> None:
    page = await client.http.get(f"{ROOT}{path}")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in page.text
    assert "https:" not in page.text


@pytest.mark.parametrize(
    "path",
    ["swagger-ui.css", "swagger-ui-bundle.js", "redoc.standalone.js", "favicon.png"],
)
async def test_the_documentation_brings_its_own_assets(client: Client, path: str) -> None:
    asset = await client.http.get(f"{ROOT}/docs/assets/{path}")
    assert asset.status_code == 200
    assert len(asset.content) > 100
    assert asset.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/docs/assets/../app.py", "/docs/assets/%2e%2e/x", "/docs/x"])
async def test_nothing_but_the_assets_is_served_beside_them(client: Client, path: str) -> None:
    answer = await client.get(f"{ROOT}{path}")
    assert answer.problem == (404, "not_found")


async def test_the_documentation_can_be_left_out(
    client: Client, settings: Settings, database_url: str
) -> None:
    app = create_app(settings.model_copy(update={"docs_enabled": False}), database_url)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http:
        for path in ("/docs", "/redoc", "/docs/assets/swagger-ui.css", f"{API}/openapi.json"):
            assert (await http.get(path)).status_code == 404


async def test_a_slash_at_the_end_never_redirects(client: Client) -> None:
    member = await as_member(client)
    for path in ("/users/me/", "/auth/api-keys/", "/auth/sessions/", "/roles/", "/permissions/"):
        assert (await member.get(path)).status in {200, 403}
