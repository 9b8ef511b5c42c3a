"""A collector of traces on this machine, as OTLP over HTTP has it."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import attrs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.system.service import eventually


@attrs.define(eq=False)
class Collector:
    port: int
    status: int = 200
    may_answer: Event = attrs.field(factory=Event)
    told: list[ExportTraceServiceRequest] = attrs.field(factory=list)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}",
            # Milliseconds between two batches.
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }

    def trace(self, trace_id: str) -> "Trace":
        """As far as it was told."""
        return Trace([each for each in self.spans() if each.trace_id.hex() == trace_id])

    def spans(self) -> list[Span]:
        return [
            span
            for request in list(self.told)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def about_the_service(self) -> dict[str, str]:
        resource = self.told[0].resource_spans[0].resource
        return {each.key: each.value.string_value for each in resource.attributes}

    def trace_with(self, trace_id: str, *names: str) -> "Trace":
        """Once all of these have ended."""

        def found() -> Trace | None:
            trace = self.trace(trace_id)
            return trace if trace.names.issuperset(names) else None

        return eventually(found, f"{names} in {self.trace(trace_id).names}")


@attrs.frozen
class Trace:
    spans: list[Span]

    @property
    def names(self) -> set[str]:
        return {each.name for each in self.spans}

    def path_to(self, span: Span) -> list[str]:
        """Its name, and before it those that it is a part of."""
        parents = [each for each in self.spans if each.span_id == span.parent_span_id]
        return [*(self.path_to(parents[0]) if parents else []), span.name]

    def paths(self) -> set[tuple[str, ...]]:
        return {tuple(self.path_to(each)) for each in self.spans}

    def named(self, name: str) -> Span:
        [span] = [each for each in self.spans if each.name == name]
        return span


def attributes_of(span: Span) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@contextmanager
def a_collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            collector.may_answer.wait()
            collector.told.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(server.server_port)
        collector.may_answer.set()
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            collector.may_answer.set()
            server.shutdown()
            thread.join()
