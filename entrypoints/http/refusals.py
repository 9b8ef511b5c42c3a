"""Refusals leave an entry in the trail, whichever route they come from."""

import logging

from fastapi import Request
from starlette.types import Scope

from application.audit.record_refusal import RecordRefusal, RecordRefusalHandler
from domain.access import Actor
from domain.errors import Forbidden
from entrypoints.http.wiring import placed, services_of

_log = logging.getLogger(__name__)


async def record_refusal(refusal: Forbidden, route: str, scope: Scope) -> None:
    """The refusal stands, whether or not it could be recorded."""
    actor = scope["actor"]
    if not isinstance(actor, Actor):
        raise TypeError("whoever is refused something is somebody")
    request = Request(scope)
    record = services_of(request)[RecordRefusalHandler]
    try:
        await record(RecordRefusal(code=refusal.code, subject=route), placed(actor, request))
    except Exception:  # noqa: BLE001 - of whatever kind, it must not become the answer
        _log.exception("a refusal was not recorded")
