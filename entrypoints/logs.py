"""Logs, a line each, to standard error."""

import logging
import sys

from entrypoints.settings import LogLevel

# Chatty about what is no news to whoever runs the service.
_QUIET = ("alembic", "asyncio", "uvicorn.error")


def configure_logs(level: LogLevel) -> None:
    logging.basicConfig(
        level=level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)-7s %(name)s %(message)s",
        force=True,
    )
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
