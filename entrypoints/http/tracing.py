"""A span for each request, beneath that of whoever sent it (W3C Trace Context)."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from http import HTTPStatus
from typing import Literal, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "_OTHER"
_ANSWERS = {
    "websocket.accept": HTTPStatus.SWITCHING_PROTOCOLS,
    # Before it was accepted, where the server answers so.
    "websocket.close": HTTPStatus.FORBIDDEN,
}


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
        if scope["type"] == "websocket":
            await self._shake_hands(scope, receive, send)
            return
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

    async def _shake_hands(self, scope: Scope, receive: Receive, send: Send) -> None:
        """That far and no further: what follows may last for hours."""
        with ExitStack() as until_answered:
            following = self._tracer.following(_trace_parent(scope), "GET", "server")
            span = until_answered.enter_context(following)
            is_answered = False

            async def told(message: Message) -> None:
                nonlocal is_answered
                await send(message)
                status = message.get("status", _ANSWERS.get(message["type"]))
                if status is not None and not is_answered:
                    is_answered = True
                    _describe(span, "GET", scope, status)
                    until_answered.close()

            await self._app(scope, receive, told)


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
