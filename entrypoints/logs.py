"""Logs, a line each, to standard error.

The lines of requests and jobs are structlog's own, because there is one for each; what else is
logged goes through the standard library, and is written alike.
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import structlog
from pydantic_core import to_json

from application import correlation
from entrypoints.redaction import redacted, scrubbed
from entrypoints.settings.values import LogFormat, LogLevel

# Chatty about what is no news to whoever runs the service.
_QUIET = ("alembic", "asyncio", "celery", "kombu", "uvicorn.error")
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_FIRST = ("time", "level", "logger", "message")

Event: TypeAlias = MutableMapping[str, Any]  # as structlog has it


class Lines(logging.Formatter):
    """What the standard library logs, written like the rest."""

    def __init__(self, log_format: LogFormat) -> None:
        super().__init__()
        self._write = _as_json if log_format is LogFormat.JSON else _as_text

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _told(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_on_behalf(),
        }
        line |= {
            name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD
        }
        line = {name: redacted(name, value) for name, value in line.items()}
        if record.exc_info:
            line["exception"] = scrubbed(self.formatException(record.exc_info))
        return self._write(line)


def _on_behalf() -> dict[str, str]:
    request_id = correlation.request_id.get()
    return {} if request_id is None else {"request_id": request_id}


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_json(line: Event) -> str:
    """An object a line, with all that was said about the event."""
    return json.dumps(line, default=str)


def _as_text(line: Event) -> str:
    """For people. What a client sends can't begin a line of its own, nor steer a terminal."""
    time, level, logger, message = (str(line.get(name, "")) for name in _FIRST)
    rest = [f"{name}={line[name]}" for name in line if name not in {*_FIRST, "exception"}]
    text = _escaped(" ".join([time, f"{level.upper():7}", logger, message, *rest]))
    exception = line.get("exception")
    return text if exception is None else f"{text}\n{exception}"


def _escaped(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _complete(_logger: object, level: str, event: Event) -> Event:
    """In the order in which it is read."""
    line: dict[str, object] = {
        "time": _told(datetime.now(UTC)),
        "level": level,
        "logger": event.pop("source"),
        "message": event.pop("event"),
    }
    line |= {name: redacted(name, value) for name, value in event.items()}
    line["message"] = redacted("message", line["message"])
    return line


def _bytes_of_json(_logger: object, _level: str, event: Event) -> bytes:
    line = to_json(event, fallback=str)
    # Which leaves what ends a line elsewhere as it is.
    return line if line.isascii() else _as_json(event).encode()


def _bytes_of_text(_logger: object, _level: str, event: Event) -> bytes:
    return _as_text(event).encode()


def configure_logs(level: LogLevel, log_format: LogFormat) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(log_format))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    write = _bytes_of_json if log_format is LogFormat.JSON else _bytes_of_text
    structlog.configure(
        processors=[_complete, write],
        wrapper_class=structlog.make_filtering_bound_logger(level.upper()),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
