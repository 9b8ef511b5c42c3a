"""How a worker stands it that the broker is away."""

import logging

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from kombu import Connection

from application.outage import Outage

_log = logging.getLogger(__name__)

# Seconds. Celery's own pauses grow to half a minute.
_SHORTEST_PAUSE = 1
_LONGEST_PAUSE = 2


class PatientConsumer(Consumer):
    """Says once that it waits for the broker, and once that it is back."""

    connection_errors: tuple[type[Exception], ...]
    _outage = Outage(_log, "jobs can't be had from the broker")

    def update_strategies(self) -> None:
        """Let an acknowledgement that fails end the connection. Celery would only say so, and the
        job that has ended would take up a place for ever, with a single place the last one."""
        errors = self.connection_errors
        self.connection_errors = ()
        try:
            super().update_strategies()
        finally:
            self.connection_errors = errors

    def ensure_connected(self, conn: Connection) -> Connection:
        def is_away(error: Exception, _interval: float) -> None:
            self._outage.is_met(error)

        connection = conn.ensure_connection(
            is_away,
            max_retries=None,  # type: ignore[arg-type]  # never to give up
            interval_start=_SHORTEST_PAUSE,
            interval_step=_SHORTEST_PAUSE,
            interval_max=_LONGEST_PAUSE,
            callback=maybe_shutdown,
        )
        self._outage.is_over()
        return connection
