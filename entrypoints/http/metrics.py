"""`GET /metrics`, for Prometheus: beside the API, and shown to nobody by accident."""

import hmac
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import attrs
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from domain.access import NotAuthenticated
from entrypoints.http.problems import MethodNotAllowed, RouteNotFound, problem_response
from entrypoints.settings.schema import Settings

PATH = "/metrics"
# As Prometheus names its text format.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@attrs.frozen
class MetricsSettings:
    port: int | None
    """Of its own, where nothing else is served; None is the one of the API."""
    token: str | None = attrs.field(repr=False)
    """None lets everyone in who reaches the port."""

    @classmethod
    def of(cls, settings: Settings) -> "MetricsSettings":
        token = settings.metrics_token
        return cls(settings.metrics_port, None if token is None else token.get_secret_value())


Exposition: TypeAlias = Callable[[Scope], Awaitable[bytes]]


class MetricsPage:
    """The whole of what is served where nothing else is."""

    def __init__(self, settings: MetricsSettings, exposition: Exposition) -> None:
        self._token = settings.token
        self._exposition = exposition

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        response = await self._answer(scope)
        response.headers.update(_HEADERS)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["path"] != PATH:
            return problem_response(RouteNotFound(), "")
        if scope["method"] not in {"GET", "HEAD"}:
            return problem_response(MethodNotAllowed(headers={"Allow": "GET, HEAD"}), "")
        if not self._may_see(scope):
            return problem_response(NotAuthenticated(), "")
        body = await self._exposition(scope)
        return Response(body, media_type=CONTENT_TYPE)

    def _may_see(self, scope: Scope) -> bool:
        if self._token is None:
            return True
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode(), self._token.encode()
        )


class MetricsBeside:
    """In front of everything else: who asks here names no host of ours and is no caller."""

    def __init__(self, app: ASGIApp, settings: MetricsSettings, exposition: Exposition) -> None:
        self._app = app
        self._port = settings.port
        self._page = MetricsPage(settings, exposition)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not self._is_ours(scope):
            await self._app(scope, receive, send)
        else:
            await self._page(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        if self._port is None:
            return bool(scope["path"] == PATH)
        # Of the socket itself, and not what a client says of it.
        return scope.get("server") is not None and scope["server"][1] == self._port
