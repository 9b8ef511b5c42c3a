"""Traces, told to a collector by OpenTelemetry. Imported where there is an
`OTEL_EXPORTER_OTLP_ENDPOINT`, and nowhere else."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import attrs
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from adapters.telemetry.spans import Attributes, Kind
from application import correlation
from application.outage import Outage
from domain.errors import DomainError
from domain.service_name import NAME

_log = logging.getLogger(__name__)

# Seconds.
_FLUSH_WITHIN = 1.0

_KINDS = {
    "server": SpanKind.SERVER,
    "consumer": SpanKind.CONSUMER,
    "client": SpanKind.CLIENT,
    "internal": SpanKind.INTERNAL,
}
_ACROSS = TraceContextTextMapPropagator()
_NANOSECONDS = 1_000_000_000


@attrs.frozen
class OpenTelemetrySpan:
    span: trace.Span

    def rename(self, name: str) -> None:
        self.span.update_name(name)

    def add(self, attributes: Attributes) -> None:
        self.span.set_attributes(attributes)

    def fail(self, reason: str) -> None:
        self.span.set_attribute("error.type", reason)
        self.span.set_status(StatusCode.ERROR)


class OpenTelemetryTracer:
    """How many requests are traced, what else is told of this service and how the collector is
    spoken to is said by OpenTelemetry's own environment variables."""

    def __init__(self, endpoint: str, *, version: str, environment: str) -> None:
        of_this = {
            "service.name": NAME,
            "service.version": version,
            "deployment.environment.name": environment,
        }
        # It is closed by whoever opened it; at the very end nobody could bound how long that takes.
        self._provider = TracerProvider(resource=Resource.create(of_this), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(PatientExporter(endpoint)))
        self._tracer = self._provider.get_tracer(NAME, version)

    @contextmanager
    def within(self, name: str, kind: Kind) -> Iterator[OpenTelemetrySpan]:
        with self._current(name, kind, None) as span:
            yield span

    @contextmanager
    def following(
        self, trace_parent: str | None, name: str, kind: Kind
    ) -> Iterator[OpenTelemetrySpan]:
        carried = {} if trace_parent is None else {"traceparent": trace_parent}
        with self._current(name, kind, _ACROSS.extract(carried, Context())) as span:
            yield span

    def over(self, name: str, seconds: float, attributes: Attributes) -> None:
        if not trace.get_current_span().is_recording():
            return
        now = time.time_ns()
        span = self._tracer.start_span(
            name,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            start_time=now - round(seconds * _NANOSECONDS),
        )
        span.end(now)

    async def aclose(self) -> None:
        # Apart, for a collector that does not answer would be waited for for half a minute.
        flushing = Thread(target=self._provider.shutdown, daemon=True)
        flushing.start()
        await asyncio.to_thread(flushing.join, _FLUSH_WITHIN)

    @contextmanager
    def _current(
        self, name: str, kind: Kind, parent: Context | None
    ) -> Iterator[OpenTelemetrySpan]:
        """In what is left by it, too."""
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            kind=_KINDS[kind],
            # With what they say, which may be anybody's.
            record_exception=False,
            set_status_on_exception=False,
        ) as started:
            span = OpenTelemetrySpan(started)
            token = correlation.trace_parent.set(_written(started.get_span_context()))
            try:
                yield span
            except DomainError as refusal:
                # As it should be.
                span.add({"error.type": refusal.code})
                raise
            except BaseException as error:
                span.fail(type(error).__name__)
                raise
            finally:
                correlation.trace_parent.reset(token)


class _Heard(logging.Filter):
    """Keeps what the library would log at every attempt, errors among it: the first is why."""

    why = ""

    def filter(self, record: logging.LogRecord) -> bool:
        self.why = self.why or record.getMessage()
        return False


_HEARD = _Heard()
logging.getLogger(OTLPSpanExporter.__module__).addFilter(_HEARD)


class PatientExporter(SpanExporter):
    """Says once that the collector is away, and once that it is back."""

    def __init__(self, endpoint: str) -> None:
        self._exporter = _exporter(endpoint)
        self._outage = Outage(_log, "traces can't be told")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        _HEARD.why = ""
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._outage.is_over()
        else:
            self._outage.is_met(_HEARD.why)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # the library leaves it untyped


def _exporter(endpoint: str, timeout: float | None = None) -> OTLPSpanExporter:
    return OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=timeout)


def takes_traces(endpoint: str, *, within: float) -> bool:
    """Whether there is a collector that answers, within so many seconds."""
    return _exporter(endpoint, within).export([]) is SpanExportResult.SUCCESS


def _written(context: trace.SpanContext) -> str:
    """As W3C Trace Context §3.2 has it."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
