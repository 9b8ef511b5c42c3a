"""uvicorn, told how Tessera speaks HTTP."""

from functools import partial

import uvicorn

from entrypoints.http.connections import HeadLimits, HttpConnection, WebSocketConnection
from entrypoints.http.listening import BACKLOG
from entrypoints.settings.schema import Settings

_LARGEST_FRAME = 64 * 1024


def config_of(settings: Settings, app: object) -> uvicorn.Config:
    head = HeadLimits(size=settings.max_header_bytes, seconds=settings.header_timeout)
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # an application, or where to import it from
        factory=isinstance(app, str),
        workers=settings.workers,
        http=partial(HttpConnection, head=head),  # type: ignore[arg-type]  # only ever called
        ws=WebSocketConnection,
        ws_max_size=_LARGEST_FRAME,
        # Costs every connection more memory than all else, and events are small.
        ws_per_message_deflate=False,
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )
