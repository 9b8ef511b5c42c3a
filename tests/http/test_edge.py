"""What every request passes first, down to the bytes that no HTTP client would send."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping

import attrs
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from domain.text import Json
from entrypoints.http.app import cors, create_app
from entrypoints.http.edge import Edge, EdgeSettings
from entrypoints.http.problems import InternalError
from entrypoints.http.request_heads import HeadRules
from entrypoints.settings.schema import Settings
from entrypoints.settings.values import Environment
from tests.http.callers import as_member
from tests.http.client import ROOT, Client
from tests.http.contract import as_object

HOST = (b"host", b"testserver")
JSON = (b"content-type", b"application/json")
LIMITS = EdgeSettings(
    heads=HeadRules(allowed_hosts=frozenset(), max_bytes=2000),
    max_body_bytes=1000,
    body_timeout=0.05,
    request_timeout=0.05,
    api_prefix="/api/v1",
)


@attrs.frozen
class Raw:
    """What came back over ASGI."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> tuple[int, Json]:
        return self.status, as_object(json.loads(self.body))["code"]


async def no_body() -> AsyncIterator[Message]:
    yield {"type": "http.request", "body": b"", "more_body": False}


async def stalled() -> AsyncIterator[Message]:
    yield {"type": "http.request", "body": b'{"name": ', "more_body": True}
    await asyncio.Event().wait()


async def aborted() -> AsyncIterator[Message]:
    yield {"type": "http.request", "body": b'{"name": ', "more_body": True}
    yield {"type": "http.disconnect"}


async def sent_by(
    app: ASGIApp,
    path: str = "/health",
    *,
    method: str = "GET",
    headers: Iterable[tuple[bytes, bytes]] = (HOST,),
    body: AsyncIterator[Message] | None = None,
) -> list[Message]:
    messages = body or no_body()
    sent: list[Message] = []

    async def receive() -> Message:
        return await anext(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": list(headers),
        "client": ("127.0.0.1", 4711),
        "server": ("testserver", 80),
    }
    await app(scope, receive, send)
    return sent


async def raw(
    app: ASGIApp,
    path: str = "/health",
    *,
    method: str = "GET",
    headers: Iterable[tuple[bytes, bytes]] = (HOST,),
    body: AsyncIterator[Message] | None = None,
) -> Raw:
    sent = await sent_by(app, path, method=method, headers=headers, body=body)
    return Raw(
        status=sent[0]["status"],
        headers={name.decode(): value.decode() for name, value in sent[0]["headers"]},
        body=b"".join(message.get("body", b"") for message in sent[1:]),
    )


async def _reads_its_body(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _never_answers(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


async def _breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("in the middle")


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [b""],
        [b" "],
        [b"testserver", b"testserver"],
        [b"testserver", b"evil.example"],
        [b"testserver, evil.example"],
        [b"test server"],
        [b"testserver/path"],
        [b"user@testserver"],
        [b"testserver:"],
        [b"testserver:http"],
        [b"testserver:123456"],
        [b"http://testserver"],
        [b"[::1"],
        [b"testserver\x00"],
        [b"testserver\n"],
        [b"t\xc3\xa9st"],
        [b"x" * 254],
    ],
)
async def test_a_missing_double_or_strange_host_is_refused(
    app: FastAPI, hosts: list[bytes]
) -> None:
    answer = await raw(app, headers=[(b"host", host) for host in hosts])
    assert answer.problem == (400, "bad_host")
    assert answer.headers["x-request-id"] == json.loads(answer.body)["request_id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "host", [b"localhost", b"127.0.0.1:8000", b"[::1]:80", b"API.Example.com", b"my_host"]
)
async def test_any_sound_host_is_served_where_none_are_named(app: FastAPI, host: bytes) -> None:
    assert (await raw(app, headers=[(b"host", host)])).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"api.example.com", 200),
        (b"API.Example.com:443", 200),
        (b"[::1]", 200),
        (b"testserver", 400),
        (b"api.example.com.evil.example", 400),
        (b"evil.example:443", 400),
        (b"example.com", 400),
        (b"127.0.0.1", 400),
    ],
)
async def test_only_the_named_hosts_are_served(
    settings: Settings, database_url: str, host: bytes, status: int
) -> None:
    named = settings.model_copy(update={"allowed_hosts": ("api.Example.com", "[::1]")})
    app = create_app(named, database_url)
    assert (await raw(app, "/docs", headers=[(b"host", host)])).status == status


async def test_the_host_is_never_reflected(app: FastAPI, client: Client) -> None:
    member = await as_member(client)
    headers = [
        (b"host", b"evil.example"),
        (b"x-forwarded-host", b"evil.example"),
        (b"forwarded", b"host=evil.example"),
        (b"authorization", f"Bearer {member.token}".encode()),
    ]
    for path in ("/api/v1/roles/", "/docs/", "/nowhere", "/api/v1/users/me/", "/docs/assets"):
        answer = await raw(app, path, headers=headers)
        assert b"evil.example" not in answer.body
        assert "evil.example" not in str(answer.headers)


async def test_no_header_speaks_for_another_address(app: FastAPI, client: Client) -> None:
    member = await as_member(client)
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP"):
        await client.post(
            "/auth/login",
            form={"username": member.email, "password": member.password},
            headers={name: "203.0.113.7", "User-Agent": name},
        )
    sessions = await member.get("/auth/sessions")
    assert set(sessions.each("ip")) == {"127.0.0.1"}


async def test_a_body_that_stalls_is_given_up() -> None:
    answer = await raw(Edge(_reads_its_body, LIMITS), method="POST", body=stalled())
    assert answer.problem == (408, "request_timeout")
    assert answer.headers["connection"] == "close"


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    answer = await raw(Edge(_never_answers, LIMITS))
    assert answer.problem == (503, "unavailable")
    assert answer.headers["retry-after"].isdecimal()


async def test_what_takes_its_time_within_the_limits_is_served() -> None:
    async def slowly() -> AsyncIterator[Message]:
        for _ in range(5):
            await asyncio.sleep(0.01)
            yield {"type": "http.request", "body": b"x", "more_body": True}
        yield {"type": "http.request", "body": b"x", "more_body": False}

    limits = attrs.evolve(LIMITS, body_timeout=5)
    answer = await raw(Edge(_reads_its_body, limits), method="POST", body=slowly())
    assert answer.status == 204


async def test_a_cancellation_from_elsewhere_is_not_taken_for_a_deadline() -> None:
    request = asyncio.create_task(
        raw(Edge(_never_answers, attrs.evolve(LIMITS, request_timeout=9)))
    )
    await asyncio.sleep(0.01)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request


async def test_one_byte_too_many_is_refused_before_it_is_read_on() -> None:
    pieces_read = 0

    async def body() -> AsyncIterator[Message]:
        nonlocal pieces_read
        for size in (999, 1, 1, 1):
            pieces_read += 1
            yield {"type": "http.request", "body": b"x" * size, "more_body": True}

    limits = attrs.evolve(LIMITS, body_timeout=5)
    answer = await raw(Edge(_reads_its_body, limits), method="POST", body=body())
    assert answer.problem == (413, "payload_too_large")
    assert answer.headers["connection"] == "close"
    assert pieces_read == 3


async def test_half_an_answer_is_never_continued_by_a_problem() -> None:
    with pytest.raises(InternalError):
        await raw(Edge(_breaks_off, LIMITS))


async def test_a_client_that_leaves_is_no_bug(app: FastAPI, client: Client) -> None:
    member = await as_member(client)
    authorization = (b"authorization", f"Bearer {member.token}".encode())
    length = (b"content-length", b"100")
    headers = [HOST, JSON, authorization, length]
    with capture_logs() as lines:
        sent = await sent_by(
            app, "/api/v1/auth/api-keys", method="POST", headers=headers, body=aborted()
        )
    assert sent == []
    assert [line["status"] for line in lines] == [499]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/auth/sessions", "no-store"),
        ("/api/v1/users/me", "private, no-cache"),
        ("/api/v1/permissions", "no-store"),
        ("/api/v1/users/unknown", "no-store"),
        ("/health", None),
        ("/nowhere", "no-store"),
    ],
)
async def test_answers_are_kept_no_longer_than_they_may(
    client: Client, path: str, expected: str | None
) -> None:
    member = await as_member(client)
    answer = await member.get(f"{ROOT}{path}")
    assert answer.headers.get("cache-control") == expected


async def test_https_is_insisted_on_in_production_only(
    settings: Settings, database_url: str
) -> None:
    in_production = settings.model_copy(
        update={"environment": Environment.PRODUCTION, "allowed_hosts": ("testserver",)}
    )
    insisted = await raw(create_app(in_production, database_url))
    assert insisted.headers["strict-transport-security"].startswith("max-age=31536000")
    assert (
        "strict-transport-security" not in (await raw(create_app(settings, database_url))).headers
    )


def a_page_s_edge(settings: Settings, app: ASGIApp) -> Edge:
    named = settings.model_copy(update={"backend_cors_origins": ("https://app.example.com",)})
    return Edge(app, LIMITS, cors(named))


@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://app.example.com", True), ("https://evil.example", False)]
)
@pytest.mark.parametrize(
    ("app", "headers", "status"),
    [
        (_reads_its_body, [(b"host", b"")], 400),
        (_reads_its_body, [HOST, (b"content-length", b"1001")], 413),
        (_reads_its_body, [HOST], 408),
        (_never_answers, [HOST], 503),
    ],
)
async def test_a_page_is_told_too_why_it_is_refused_before_any_route(
    settings: Settings,
    app: ASGIApp,
    headers: list[tuple[bytes, bytes]],
    status: int,
    origin: str,
    allowed: bool,
) -> None:
    edge = a_page_s_edge(settings, app)
    sent = [*headers, (b"origin", origin.encode())]
    answer = await raw(edge, method="POST", headers=sent, body=stalled())
    assert answer.status == status
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    assert "RateLimit" in (exposed := answer.headers["access-control-expose-headers"])
    assert "Retry-After" in exposed
    assert "Origin" in answer.headers["vary"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_preflight_of_another_host_is_refused(settings: Settings) -> None:
    edge = a_page_s_edge(settings, _never_answers)
    asked = [(b"origin", b"https://app.example.com"), (b"access-control-request-method", b"GET")]
    assert (await raw(edge, method="OPTIONS", headers=[HOST, *asked])).status == 200
    refused = await raw(edge, method="OPTIONS", headers=[(b"host", b""), *asked])
    assert refused.problem == (400, "bad_host")


async def test_each_request_leaves_one_line_with_its_id(client: Client) -> None:
    with capture_logs() as lines:
        await client.get(f"{ROOT}/health", headers={"X-Request-ID": "of-mine"})
        await client.get("/nowhere%0A%1B%5B31mforged")
    first, second = lines
    assert first["event"] == "GET /health 200"
    assert (first["request_id"], first["actor"]) == ("of-mine", "anonymous")
    assert first["milliseconds"] < 10_000
    assert second["event"] == "GET /api/v1/nowhere\\n\\x1b[31mforged 404"


async def test_the_line_of_a_request_says_who_made_it(client: Client) -> None:
    member = await as_member(client)
    with capture_logs() as lines:
        await member.get("/users/me", headers={"X-Request-ID": "of-mine"})
    [line] = lines
    assert line["actor"] == f"user:{member.user_id}"
    assert line["request_id"] == "of-mine"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/users/me", 200)
    assert str(member.token) not in str(line)
