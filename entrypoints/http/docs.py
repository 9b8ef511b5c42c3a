"""Swagger UI and ReDoc from this machine's own files, under a strict policy."""

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SWAGGER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tessera</title>
<link rel="icon" href="/docs/assets/favicon.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script></body></html>
"""
_START = """SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
  layout: "BaseLayout",
});
"""
_REDOC = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tessera</title>
<link rel="icon" href="/docs/assets/favicon.png"></head>
<body><redoc spec-url="/api/v1/openapi.json" disable-telemetry></redoc>
<script src="/docs/assets/redoc.standalone.js"></script></body></html>
"""


class DocsMissing(Exception):
    """The pages are wanted, but their assets are not installed."""


def add_docs(app: FastAPI) -> None:
    """Serve `/docs` and `/redoc`. Raise `DocsMissing` without the `docs` extra."""
    app.mount("/docs/assets", StaticFiles(directory=_assets()), name="docs-assets")
    app.add_route("/docs", _page(_SWAGGER), include_in_schema=False)
    app.add_route("/docs/start.js", _script, include_in_schema=False)
    app.add_route("/redoc", _page(_REDOC), include_in_schema=False)


def _assets() -> Path:
    # Found, not imported: the package would bring its own copy of FastAPI's set-up.
    package = find_spec("fastapi_offline")
    if package is None or package.origin is None:
        raise DocsMissing("install the extra `docs`, or set DOCS_ENABLED=false")
    return Path(package.origin).parent / "static"


def _page(content: str) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        return HTMLResponse(content, headers={"Content-Security-Policy": _POLICY})

    return page


async def _script(request: Request) -> Response:
    return Response(_START, media_type="text/javascript")
