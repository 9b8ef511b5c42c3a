"""What every request passes first, in one pure ASGI layer: host, id, limits, security headers."""

import asyncio
import logging
import re
import time
from collections.abc import Iterable
from uuid import uuid4

import attrs
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import DomainError, Unavailable
from entrypoints.http.problems import (
    BadHost,
    HttpProblem,
    InternalError,
    PayloadTooLarge,
    RequestTimeout,
    problem_response,
)

_log = logging.getLogger("tessera.request")

_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~-]{1,128}\Z")
_HOST = re.compile(rb"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(:\d{1,5})?\Z", re.IGNORECASE)

_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_CONTENT_SECURITY_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; frame-ancestors 'none'",
)
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_NEVER_KEPT = (b"cache-control", b"no-store")
_ALWAYS_ASKED_FOR = (b"cache-control", b"private, no-cache")


@attrs.frozen(kw_only=True)
class EdgeSettings:
    allowed_hosts: frozenset[bytes]
    """In lower case, without ports; empty allows any."""
    max_body_bytes: int
    body_timeout: float
    request_timeout: float
    api_prefix: str
    https_only: bool = False


class Edge:
    def __init__(self, app: ASGIApp, settings: EdgeSettings) -> None:
        self.app = app
        self.settings = settings
        self._headers = _SECURITY_HEADERS + ((_HSTS,) if settings.https_only else ())
        self._secrets_prefix = f"{settings.api_prefix}/auth"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Exchange(self, scope, receive, send).run()

    def headers_for(self, path: str, present: set[bytes]) -> Iterable[tuple[bytes, bytes]]:
        yield from self._headers
        if b"content-security-policy" not in present:
            yield _CONTENT_SECURITY_POLICY
        if b"cache-control" not in present and path.startswith(self.settings.api_prefix):
            yield _NEVER_KEPT if path.startswith(self._secrets_prefix) else _ALWAYS_ASKED_FOR


class _Exchange:
    """One request and its answer."""

    __slots__ = (
        "_body_deadline",
        "_edge",
        "_receive",
        "_received",
        "_request_id",
        "_scope",
        "_send",
        "_started",
        "_status",
    )

    def __init__(self, edge: Edge, scope: Scope, receive: Receive, send: Send) -> None:
        self._edge = edge
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request_id = ""
        self._received = 0
        self._body_deadline = 0.0
        self._status = 0
        self._started = time.perf_counter()

    async def run(self) -> None:
        scope, settings = self._scope, self._edge.settings
        try:
            self._inspect_headers()
            async with asyncio.timeout(settings.request_timeout):
                await self._edge.app(scope, self.receive, self.send)
        except (DomainError, HttpProblem) as problem:
            await self._answer(problem)
        except TimeoutError:
            await self._answer(Unavailable("The request took too long.", retry_after=5))
        except Exception:  # noqa: BLE001 - the last resort: logged, and answered as a bug
            _log.exception("%s %s failed [%s]", scope["method"], scope["path"], self._request_id)
            await self._answer(InternalError())
        finally:
            if _log.isEnabledFor(logging.INFO):
                self._log_line()

    def _inspect_headers(self) -> None:
        scope, settings = self._scope, self._edge.settings
        hosts: list[bytes] = []
        length: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value)
            elif name == b"x-request-id" and _SANE_REQUEST_ID.match(value):
                self._request_id = value.decode()
            elif name == b"content-length":
                length = value
        self._request_id = self._request_id or uuid4().hex
        scope["request_id"] = self._request_id

        host = _HOST.match(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            raise BadHost
        if settings.allowed_hosts and host["name"].lower() not in settings.allowed_hosts:
            raise BadHost
        if length is not None and (
            not length.isdigit() or len(length) > 18 or int(length) > settings.max_body_bytes
        ):
            raise PayloadTooLarge
        path = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope["path"] = path[:-1]
            scope["raw_path"] = scope.get("raw_path", path.encode())[:-1]

    async def receive(self) -> Message:
        """The body, cut off where it grows too large or takes too long."""
        if self._received < 0:
            return await self._receive()
        now = time.monotonic()
        if not self._body_deadline:
            self._body_deadline = now + self._edge.settings.body_timeout
        try:
            async with asyncio.timeout(self._body_deadline - now):
                message = await self._receive()
        except TimeoutError:
            raise RequestTimeout(headers={"Connection": "close"}) from None
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._edge.settings.max_body_bytes:
                raise PayloadTooLarge(headers={"Connection": "close"})
            if not message.get("more_body", False):
                self._received = -1
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers.append((b"x-request-id", self._request_id.encode()))
            headers.extend(self._edge.headers_for(self._scope["path"], present))
        await self._send(message)

    async def _answer(self, problem: DomainError | HttpProblem) -> None:
        if self._status:
            # Half an answer can't be taken back; the server cuts the connection.
            raise problem
        response = problem_response(problem, self._request_id)
        await response(self._scope, self._receive, self.send)

    def _log_line(self) -> None:
        milliseconds = (time.perf_counter() - self._started) * 1000
        _log.info(
            "%s %s %s %.1f ms [%s]",
            self._scope["method"],
            self._scope["path"].encode("unicode_escape").decode(),
            self._status,
            milliseconds,
            self._request_id,
        )
