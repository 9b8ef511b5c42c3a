"""A span for each request, beneath that of whoever sent it (W3C Trace Context)."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Literal, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "_OTHER"


class RequestSpan(Protocol):
    def rename(self, name: str) -> None: ...

    def add(self, attributes: Mapping[str, str | int]) -> None: ...

    def fail(self, reason: str) -> None: ...


class RequestTracer(Protocol):
    def following(
        self, trace_parent: str | None, name: str, kind: Literal["server"]
    ) -> AbstractContextManager[RequestSpan]:
        """None begins a trace."""
        ...


class TracedRequests:
    """There only where there are traces. Of the path its template alone is told."""

    def __init__(self, app: ASGIApp, tracer: RequestTracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        with self._tracer.following(_trace_parent(scope), method, "server") as span:
            try:
                await self._app(scope, receive, told)
            finally:
                _describe(span, method, scope, status)


def _describe(span: RequestSpan, method: str, scope: Scope, status: int) -> None:
    span.add({"http.request.method": method, "tessera.request_id": scope["request_id"]})
    route = getattr(scope.get("route"), "path", None)
    if route is not None:
        span.rename(f"{method} {route}")
        span.add({"http.route": route})
    # None where the client has left.
    if status:
        span.add({"http.response.status_code": status})
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.fail(str(status))


def _trace_parent(scope: Scope) -> str | None:
    """None where there are several: one is as good as made up (§3.2.1)."""
    found = [value for name, value in scope["headers"] if name == b"traceparent"]
    return found[0].decode("latin-1") if len(found) == 1 else None
