"""Who is told the figures, and where."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.app import create_app
from entrypoints.settings.schema import Settings
from entrypoints.settings.values import Environment
from tests.chores import Chore, leave
from tests.http.callers import as_member
from tests.http.client import ROOT, Client

TOKEN = "a token of the tests alone"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
METRICS_PORT = 9100


async def figures(http: httpx.AsyncClient) -> set[str]:
    answer = await http.get("/metrics", headers=BEARER)
    assert answer.status_code == 200, answer.text
    return set(answer.text.splitlines())


@asynccontextmanager
async def told_by(
    settings: Settings, dsn: str, *, port: int = 8000, **changes: object
) -> AsyncIterator[httpx.AsyncClient]:
    """A service with these settings, as it is found at a port."""
    app = create_app(settings.model_copy(update=changes), dsn)

    async def at_port(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "server": ("127.0.0.1", port)}, receive, send)

    async with app.router.lifespan_context(app), _client(at_port) as http:
        yield http


@asynccontextmanager
async def _client(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as http:
        yield http


async def test_requests_are_told_by_the_template_of_their_path(client: Client) -> None:
    member = await as_member(client)
    for path in ("/users/01890a5d-ac96-774b-bcce-b302099a8057", "/roles/member", "/nowhere"):
        await member.get(path)
    lines = await figures(client.http)

    requests = "tessera_http_requests_total{method="
    assert any(
        each.startswith(f'{requests}"GET",route="/api/v1/users/{{user_id}}",status="404"}}')
        for each in lines
    )
    assert any(each.startswith(f'{requests}"GET",route="unmatched",') for each in lines)
    assert not [each for each in lines if "01890a5d" in each or "nowhere" in each]


async def test_the_figures_of_the_queues_are_the_databases(client: Client) -> None:
    inside = client.inside
    await leave(inside.ports.begin, Chore(), at=inside.ports.clock.now())
    lines = await figures(client.http)

    assert 'tessera_queue_jobs{queue="chores",state="due"} 1.0' in lines
    assert "tessera_database_up 1.0" in lines
    assert any(
        each.startswith('tessera_queue_oldest_due_seconds{queue="chores"} 0.') for each in lines
    )


async def test_what_is_known_is_told_while_the_database_is_away(
    settings: Settings, own_database_url: str
) -> None:
    async with told_by(
        settings, own_database_url, database_lock_timeout=0.1, database_statement_timeout=0.1
    ) as http:
        connection = await asyncpg.connect(own_database_url)
        await connection.execute("BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
        lines = await figures(http)
        await connection.close()

    assert "tessera_database_up 0.0" in lines
    assert "tessera_http_requests_in_flight 0.0" in lines


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (BEARER, 200),
        ({}, 401),
        ({"Authorization": "Bearer a token of somebody else"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
    ],
)
async def test_a_token_keeps_everyone_else_out(
    settings: Settings, database_url: str, headers: dict[str, str], status: int
) -> None:
    async with told_by(settings, database_url, metrics_token=SecretStr(TOKEN)) as http:
        answer = await http.get("/metrics", headers=headers)

    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("environment", [Environment.STAGING, Environment.PRODUCTION])
async def test_outside_development_nobody_is_told_by_accident(
    settings: Settings, database_url: str, environment: Environment
) -> None:
    outside = {"environment": environment, "allowed_hosts": ("testserver",)}
    async with told_by(settings.model_copy(update=outside), database_url) as http:
        answer = await http.get("/metrics", headers=BEARER)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_with_a_port_of_its_own_it_is_told_there_and_nothing_else_is(
    settings: Settings, database_url: str
) -> None:
    own = {"metrics_port": METRICS_PORT, "environment": Environment.STAGING}
    async with told_by(settings, database_url, port=METRICS_PORT, **own) as http:
        told = await http.get("/metrics", headers={"Host": "10.1.2.3:9100"})
        assert told.status_code == 200
        assert "tessera_http_requests_in_flight 0.0" in told.text
        for path in ("/", "/health", "/api/v1/roles", "/docs"):
            assert (await http.get(path)).status_code == 404
        refused = await http.post("/metrics")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_with_a_port_of_its_own_the_other_knows_nothing_of_it(
    settings: Settings, database_url: str
) -> None:
    own = {"metrics_port": METRICS_PORT, "metrics_token": SecretStr(TOKEN)}
    async with told_by(settings, database_url, port=8000, **own) as http:
        assert (await http.get("/metrics", headers=BEARER)).status_code == 404
        assert (await http.get("/health")).status_code == 200
