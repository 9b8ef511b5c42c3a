"""Swagger UI and ReDoc from this machine's own files, under a strict policy."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from domain.service_name import TITLE
from entrypoints.http.compression import Compressed

Page: TypeAlias = Callable[[Request], Awaitable[Response]]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; "
    "connect-src 'self'; worker-src {workers}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SWAGGER_POLICY = _POLICY.format(styles="", workers="'none'")
# ReDoc makes its style elements empty and fills them through the CSSOM, which no policy minds; one
# holds text, for its scroll bars. It searches in a worker.
_REDOC_POLICY = _POLICY.format(
    styles=(
        " 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
        " 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
    ),
    workers="blob:",
)
_REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_IMAGE = "data:,"

_SWAGGER = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/docs/assets/favicon.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css"></head>
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
_REDOC = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/docs/assets/favicon.png">
<link rel="stylesheet" href="/docs/page.css"></head>
<body><redoc spec-url="/api/v1/openapi.json" disable-telemetry></redoc>
<script src="/docs/redoc.js"></script></body></html>
"""
_STYLE = """body { margin: 0 }
/* Both ways to sign in on one screen; Swagger UI puts the cursor into the second. */
.swagger-ui .dialog-ux .modal-ux-content { max-height: 85vh }
"""


class DocsMissing(Exception):
    """The pages are wanted, but their assets are not installed."""


def add_docs(app: FastAPI) -> None:
    """Serve `/docs` and `/redoc`. Raise `DocsMissing` without the `docs` extra."""
    assets = _assets()
    app.mount("/docs/assets", Compressed(StaticFiles(directory=assets)), name="docs-assets")
    pages = {
        "/docs": _text(_SWAGGER, "text/html", _SWAGGER_POLICY),
        "/docs/start.js": _text(_START, "text/javascript"),
        "/docs/page.css": _text(_STYLE, "text/css"),
        "/docs/redoc.js": _redoc(assets / "redoc.standalone.js"),
        "/redoc": _text(_REDOC, "text/html", _REDOC_POLICY),
    }
    for path, page in pages.items():
        app.add_route(path, page, include_in_schema=False)
    for route in app.routes:
        if isinstance(route, Route) and route.path in {*pages, app.openapi_url}:
            route.app = Compressed(route.app)


def _assets() -> Path:
    # Found, not imported: the package would bring its own copy of FastAPI's set-up.
    package = find_spec("fastapi_offline")
    if package is None or package.origin is None:
        raise DocsMissing("install the extra `docs`, or set DOCS_ENABLED=false")
    return Path(package.origin).parent / "static"


def _text(content: str, media_type: str, policy: str | None = None) -> Page:
    headers = {} if policy is None else {"Content-Security-Policy": policy}

    async def page(request: Request) -> Response:
        return Response(content, media_type=media_type, headers=headers)

    return page


def _redoc(bundle: Path) -> Page:
    """ReDoc as it comes, but for the one image that it would fetch from its maker's host."""

    async def page(request: Request) -> Response:
        script = await asyncio.to_thread(bundle.read_text, encoding="utf-8")
        return Response(
            script.replace(_REDOC_LOGO, _NO_IMAGE),
            media_type="text/javascript",
            headers={"Cache-Control": "max-age=3600"},
        )

    return page
