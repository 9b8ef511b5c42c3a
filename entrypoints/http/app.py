"""The application factory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.service_name import TITLE
from entrypoints.background import running_jobs
from entrypoints.bootstrap.running import running
from entrypoints.http import access, audit, jobs, system
from entrypoints.http.attachments import resource as attachments
from entrypoints.http.auth import api_keys, oauth, recovery, sign_in, totp
from entrypoints.http.dispatch import Dispatcher
from entrypoints.http.docs import add_docs
from entrypoints.http.edge import Cors, Edge, EdgeSettings
from entrypoints.http.items import resource as items
from entrypoints.http.items import transfers as item_transfers
from entrypoints.http.mail_links.pages import add_mail_link_pages
from entrypoints.http.metrics import MetricsBeside, MetricsSettings
from entrypoints.http.openapi import document
from entrypoints.http.request_heads import HeadRules
from entrypoints.http.routing import API_V1_STR
from entrypoints.http.tracing import TracedRequests
from entrypoints.http.users import administration, own_account
from entrypoints.memory import settle_memory
from entrypoints.preparation import tell_of_lost_keys
from entrypoints.settings.schema import Settings
from entrypoints.telemetry import Telemetry, exposition
from entrypoints.version import VERSION

_DESCRIPTION = """The backend every product needs, finished.

Sign up with `POST /api/v1/users`, then press **Authorize**. Every failure is a problem as RFC 9457
has it, with a `code` that never changes; its `type` leads to a page that explains it.
"""


ROUTERS: tuple[APIRouter, ...] = (
    items.router,
    item_transfers.router,
    attachments.router,
    system.router,
    sign_in.router,
    oauth.router,
    recovery.router,
    totp.router,
    own_account.router,
    administration.router,
    access.router,
    api_keys.router,
    jobs.router,
    audit.router,
)


def create_app(settings: Settings, dsn: str, *, long_lived: bool = False) -> FastAPI:
    """Everything is opened at start-up and closed at shutdown; nothing happens at import.

    `long_lived` is for a process that serves nothing else until it ends.
    """
    telemetry = Telemetry.of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            telemetry.measuring(settings) as figures,
            running(settings, dsn, telemetry) as inside,
            running_jobs(inside, settings) as background,
        ):
            await tell_of_lost_keys(inside.services)
            app.state.inside = inside
            app.state.background = background
            app.state.figures = figures
            if long_lived:
                settle_memory()
            yield

    app = Application(
        title=TITLE,
        version=VERSION,
        summary="Accounts, sign-in, permissions, and what a product adds to them.",
        description=_DESCRIPTION,
        openapi_url=f"{API_V1_STR}/openapi.json" if settings.docs_enabled else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # FastAPI's own way of doing it
    for router in ROUTERS:
        # Not by `include_router`, which would keep them from the dispatcher.
        app.router.routes.extend(router.routes)
    app.state.origins = frozenset(settings.backend_cors_origins)
    add_mail_link_pages(app)
    if settings.docs_enabled:
        add_docs(app)
    app.add_middleware(
        Edge, settings=edge_settings(settings), cors=cors(settings), meter=telemetry.metrics
    )
    if telemetry.tracer is not None:
        app.add_middleware(TracedRequests, tracer=telemetry.tracer)
    if settings.exposes_metrics:
        app.add_middleware(
            MetricsBeside, settings=MetricsSettings.of(settings), exposition=_exposition
        )
    return app


class Application(FastAPI):
    """FastAPI without the layers that nothing here needs: its last resort is the edge's, and no
    route of ours keeps a stack of things to close."""

    def build_middleware_stack(self) -> ASGIApp:
        stack: ASGIApp = Dispatcher(self.router)
        for layer in reversed(self.user_middleware):
            stack = layer.cls(stack, *layer.args, **layer.kwargs)
        return stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Past FastAPI's own telemetry, which asks at every request whether there is any.
        await Starlette.__call__(self, scope, receive, send)


def cors(settings: Settings) -> Cors | None:
    """Around what answers; nothing where no origin is named."""
    if not settings.backend_cors_origins:
        return None
    return partial(
        CORSMiddleware,
        allow_origins=settings.backend_cors_origins,
        allow_credentials="*" not in settings.backend_cors_origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "X-API-Key",
        ],
        expose_headers=[
            "ETag",
            "Idempotent-Replayed",
            "Link",
            "Location",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "WWW-Authenticate",
            "X-Request-ID",
        ],
    )


async def _exposition(scope: Scope) -> bytes:
    state = scope["app"].state
    return await exposition(state.figures, state.inside.services)


def edge_settings(settings: Settings) -> EdgeSettings:
    hosts = () if "*" in settings.allowed_hosts else settings.allowed_hosts
    return EdgeSettings(
        heads=HeadRules(
            allowed_hosts=frozenset(host.lower().encode() for host in hosts),
            max_bytes=settings.max_header_bytes,
        ),
        max_body_bytes=settings.max_body_bytes,
        body_timeout=settings.body_timeout,
        request_timeout=settings.request_timeout,
        api_prefix=API_V1_STR,
        https_only=settings.is_production,
    )
