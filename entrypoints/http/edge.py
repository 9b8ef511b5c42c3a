"""What every request passes first, in one pure ASGI layer: host, id, limits, security headers."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Protocol, TypeAlias, TypeVar

import attrs
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from application import correlation
from domain.errors import DomainError, Unavailable
from entrypoints.http.deadlines import Deadlines
from entrypoints.http.problems import (
    HttpProblem,
    InternalError,
    PayloadTooLarge,
    RequestTimeout,
    problem_response,
)
from entrypoints.http.request_heads import HeadRules
from entrypoints.http.request_log import log_request
from entrypoints.http.streams import StreamLimits, cut

_log = logging.getLogger("tessera.request")

# For the log alone, as nginx has it: there is nobody left to answer.
_CLIENT_LEFT = 499

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
_STREAM = (b"content-type", b"text/event-stream")
_CLOSE = (b"connection", b"close")
_NEVER_KEPT = (b"cache-control", b"no-store")
_ALWAYS_ASKED_FOR = (b"cache-control", b"private, no-cache")


class RequestMeter(Protocol):
    """Is told of every request, and so must cost next to nothing."""

    def request_begins(self) -> None: ...

    def request_ends(
        self, method: str, route: str | None, status: int, seconds: float | None
    ) -> None:
        """`route` is the template of its path, None where there is no such route; `seconds` is
        None of a stream, which lasts until it is left."""
        ...


Step = TypeVar("Step")
Cors: TypeAlias = Callable[[ASGIApp], CORSMiddleware]


@attrs.frozen(kw_only=True)
class EdgeSettings:
    heads: HeadRules
    max_body_bytes: int
    body_timeout: float
    request_timeout: float
    api_prefix: str
    https_only: bool = False


class Edge:
    def __init__(
        self,
        app: ASGIApp,
        settings: EdgeSettings,
        cors: Cors | None = None,
        meter: RequestMeter | None = None,
    ) -> None:
        self.app = app if cors is None else cors(app)
        self.cors = cors
        self.settings = settings
        self.heads = settings.heads
        self.meter = meter
        self.deadlines = Deadlines()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._headers = _SECURITY_HEADERS + ((_HSTS,) if settings.https_only else ())
        self._secrets_prefix = f"{settings.api_prefix}/auth"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._shake_hands(scope, receive, send)
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            await _Exchange(self, scope, receive, send).run()

    async def _shake_hands(self, scope: Scope, receive: Receive, send: Send) -> None:
        """How large and how many messages may be is for the server and the endpoint to say, and
        nobody waits for the end of them."""
        started, status = time.perf_counter(), _CLIENT_LEFT

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "websocket.accept":
                status = HTTPStatus.SWITCHING_PROTOCOLS
            elif message["type"] == "websocket.http.response.start":
                status = message["status"]
            await send(message)

        try:
            self.heads.inspect(scope)
            correlation.request_id.set(scope["request_id"])
            await self.app(scope, receive, told)
        except HttpProblem as problem:
            await WebSocket(scope, receive, told).send_denial_response(
                problem_response(problem, scope["request_id"])
            )
        finally:
            log_request(scope, "WEBSOCKET", status, time.perf_counter() - started)

    def current_task(self) -> "asyncio.Task[object] | None":
        """By the loop of the request before: to look the loop up takes a system call."""
        if self._loop is not None:
            task = asyncio.current_task(self._loop)
            if task is not None:
                return task
        self._loop = asyncio.get_running_loop()
        return asyncio.current_task(self._loop)

    def complete(self, path: str, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Add what every answer carries, and what this one does not say itself."""
        names = [name for name, _ in headers]
        headers.extend(self._headers)
        if b"content-security-policy" not in names:
            headers.append(_CONTENT_SECURITY_POLICY)
        if b"cache-control" in names:
            return
        if status >= HTTPStatus.BAD_REQUEST:
            headers.append(_NEVER_KEPT)
        elif path.startswith(self.settings.api_prefix):
            # Only what has a version can be asked for again with less work.
            is_asked_for_again = b"etag" in names and not path.startswith(self._secrets_prefix)
            headers.append(_ALWAYS_ASKED_FOR if is_asked_for_again else _NEVER_KEPT)


class _Exchange:
    """One request and its answer."""

    __slots__ = (
        "_asked_for_body",
        "_awaits_body",
        "_edge",
        "_ends_at",
        "_has_body",
        "_is_stream",
        "_receive",
        "_received",
        "_scope",
        "_send",
        "_started",
        "_status",
        "_streams",
        "_task",
    )

    def __init__(self, edge: Edge, scope: Scope, receive: Receive, send: Send) -> None:
        self._edge = edge
        self._scope = scope
        self._receive = receive
        self._send = send
        self._task = edge.current_task()
        self._received = 0
        self._asked_for_body = False
        self._awaits_body = False
        self._has_body = False
        self._streams: StreamLimits | None = None
        self._ends_at = 0.0
        self._is_stream = False
        self._status = 0
        self._started = time.perf_counter()

    async def run(self) -> None:
        if self._edge.meter is not None:
            self._edge.meter.request_begins()
        try:
            await self._serve()
        finally:
            self._end()

    async def _serve(self) -> None:
        scope, edge = self._scope, self._edge
        try:
            edge.heads.inspect(scope)
            correlation.request_id.set(scope["request_id"])
            scope["exchange"] = self
            self._must_end_in(edge.settings.request_timeout)
            await edge.app(scope, self.receive, self.send)
        except (DomainError, HttpProblem) as problem:
            await self._answer(problem)
        except asyncio.CancelledError:
            if self._task is None or not edge.deadlines.has_cut(self._task):
                raise
            self._task.uncancel()
            if self._status and self._streams is not None:
                cut(scope)
                # Which the server is to notice before this is over.
                await asyncio.sleep(0)
            else:
                await self._answer(self._why_cut())
        except ClientDisconnect:
            self._status = _CLIENT_LEFT
        except Exception:  # noqa: BLE001 - the last resort: logged, and answered as a bug
            _log.exception("%s %s failed [%s]", scope["method"], scope["path"], scope["request_id"])
            await self._answer(InternalError())

    def _end(self) -> None:
        scope, edge = self._scope, self._edge
        if self._task is not None:
            edge.deadlines.clear(self._task)
        # Or scope and exchange would hold each other, and wait for the garbage collector.
        scope.pop("exchange", None)
        seconds = time.perf_counter() - self._started
        if edge.meter is not None:
            route = getattr(scope.get("route"), "path", None)
            took = None if self._is_stream else seconds
            edge.meter.request_ends(scope["method"], route, self._status, took)
        log_request(scope, scope["method"], self._status, seconds)

    def _must_end_in(self, seconds: float) -> None:
        if self._task is not None:
            self._edge.deadlines.set(self._task, seconds)

    def _why_cut(self) -> DomainError | HttpProblem:
        if self._awaits_body:
            return RequestTimeout(headers={"Connection": "close"})
        return Unavailable("The request took too long.", retry_after=5)

    def stream(self, limits: StreamLimits) -> None:
        """From now on they hold for this exchange, instead of the settings."""
        self._streams = limits
        self._ends_at = time.monotonic() + limits.seconds
        self._must_end_in(limits.seconds)

    async def receive(self) -> Message:
        """The body, cut off where it grows too large or takes too long; the time that it takes is
        the client's, and not counted against the answer."""
        if self._has_body:
            return await self._receive()
        settings, streams = self._edge.settings, self._streams
        largest = settings.max_body_bytes if streams is None else streams.max_bytes
        if not self._asked_for_body:
            self._asked_for_body = True
            if self._scope["content_length"] > largest:
                raise PayloadTooLarge(headers={"Connection": "close"})
            if streams is None:
                self._must_end_in(settings.body_timeout)
        self._awaits_body = True
        message = await (self._receive() if streams is None else self._in_time(self._receive()))
        self._awaits_body = False
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > largest:
                raise PayloadTooLarge(headers={"Connection": "close"})
            if not message.get("more_body", False):
                self._has_body = True
                if streams is None:
                    self._must_end_in(settings.request_timeout)
        return message

    async def _in_time(self, step: Awaitable[Step]) -> Step:
        """A step of the other side's in a stream, which must not take longer than silence may."""
        left = self._ends_at - time.monotonic()
        self._must_end_in(left if self._streams is None else min(left, self._streams.silence))
        result = await step
        self._must_end_in(self._ends_at - time.monotonic())
        return result

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self._status:
                raise RuntimeError("an answer has begun already")
            self._status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            headers.append((b"x-request-id", self._scope["request_id"].encode()))
            if self._breaks_off_a_stream and _CLOSE not in headers:
                headers.append(_CLOSE)
            self._edge.complete(self._scope["path"], self._status, headers)
            if _STREAM in headers and self._task is not None:
                # Which lasts until somebody ends it.
                self._is_stream = True
                self._edge.deadlines.clear(self._task)
        if self._streams is None:
            await self._send(message)
        else:
            await self._in_time(self._send(message))

    @property
    def _breaks_off_a_stream(self) -> bool:
        """Whether there may be more of a body than anyone would read."""
        return self._streams is not None and self._asked_for_body and not self._has_body

    async def _answer(self, problem: DomainError | HttpProblem) -> None:
        if self._status:
            # Half an answer can't be taken back; the server cuts the connection.
            raise problem
        response = problem_response(problem, self._scope["request_id"])
        scope, cors = self._scope, self._edge.cors
        if cors is None:
            await response(scope, self._receive, self.send)
        else:
            # Or a browser would keep from its page why it was refused.
            await cors(response).simple_response(
                scope, self._receive, self.send, request_headers=Headers(scope=scope)
            )
