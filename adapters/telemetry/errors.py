"""Errors, told to Sentry. Imported where a `SENTRY_DSN` is set, and nowhere else."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

from application import correlation
from domain.service_name import NAME

# Seconds, at the end.
_FLUSH_WITHIN = 2.0


@contextmanager
def errors_told_to(
    dsn: str, *, environment: str, version: str, redacted: Callable[[str, object], object]
) -> Iterator[None]:
    """Whatever is logged as an error. Neither the values of variables nor what a client has sent
    goes along, and what is told is redacted first."""

    def before_send(event: Event, _hint: Hint) -> Event | None:
        request_id = correlation.request_id.get()
        if request_id is not None:
            event.setdefault("tags", {})["request_id"] = request_id
        for part in ("logentry", "exception", "extra", "message"):
            if part in event:
                event[part] = redacted(part, event[part])  # type: ignore[typeddict-item]  # of the same shape
        return event

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=version,
        default_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        auto_enabling_integrations=False,
        before_send=before_send,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name=NAME,
    )
    try:
        yield
    finally:
        sentry_sdk.get_client().close(timeout=_FLUSH_WITHIN)
