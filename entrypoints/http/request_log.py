"""One line for each request, when it is over."""

import logging

import structlog
from starlette.types import Scope
from structlog.typing import FilteringBoundLogger

from domain.access import Actor

_lines: FilteringBoundLogger = structlog.get_logger(source="tessera.request")


def log_request(scope: Scope, method: str, status: int, seconds: float) -> None:
    if not _lines.is_enabled_for(logging.INFO):
        return
    path = scope["path"].encode("unicode_escape").decode()
    _lines.info(
        f"{method} {path} {int(status)}",
        method=method,
        path=path,
        status=int(status),
        milliseconds=round(seconds * 1000, 1),
        request_id=scope["request_id"],
        actor=_named(scope.get("actor")),
        address=scope["client"][0] if scope.get("client") else None,
    )


def _named(actor: object) -> str:
    """On whose behalf a request was made, as the log tells it."""
    if not isinstance(actor, Actor) or actor.user_id is None:
        return "anonymous"
    if actor.api_key_id is not None:
        return f"user:{actor.user_id} key:{actor.api_key_id}"
    return f"user:{actor.user_id}"
