"""How long statements take, and which of them take too long."""

import logging

import attrs

from adapters.telemetry.metrics import Metrics

_log = logging.getLogger("tessera.database")


@attrs.frozen
class MeasuredDatabase:
    """Is told of every statement."""

    metrics: Metrics | None
    slow: float
    """Seconds from which on a statement is logged; without its values, which may be anybody's."""

    def statement(self, sql: str, seconds: float) -> None:
        if self.metrics is not None:
            self.metrics.statement(sql, seconds)
        if seconds >= self.slow:
            _log.warning(
                "a statement took %.0f ms: %s",
                seconds * 1000,
                " ".join(sql.split()),
                extra={"milliseconds": round(seconds * 1000, 1), "statement": sql},
            )

    def waited(self, seconds: float) -> None:
        if self.metrics is not None:
            self.metrics.waited(seconds)
