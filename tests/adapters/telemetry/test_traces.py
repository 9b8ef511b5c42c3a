"""What is told of what is done, and what is not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from adapters.telemetry.spans import TracedDatabase, Tracer, traced_use_case
from adapters.telemetry.statements import MeasuredDatabase
from adapters.telemetry.traces import OpenTelemetryTracer, PatientExporter
from application import correlation
from domain.errors import Unavailable
from tests.collector import Trace, a_collector, attributes_of

SECRET = "ann@example.com"
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@attrs.define
class Told:
    tracer: Tracer
    spans: list[Span] = attrs.field(factory=list)
    """Once the block is left."""


@asynccontextmanager
async def telling() -> AsyncIterator[Told]:
    with a_collector() as collector:
        url = collector.settings["OTEL_EXPORTER_OTLP_ENDPOINT"]
        tracer = OpenTelemetryTracer(url, version="1", environment="development")
        told = Told(tracer)
        try:
            yield told
        finally:
            await tracer.aclose()
        told.spans = collector.spans()


@attrs.frozen
class FailHandler:
    error: Exception

    async def __call__(self, times: int, *, actor: str) -> int:
        if times:
            raise self.error
        return len(actor)


@attrs.frozen
class StreamHandler:
    def __call__(self) -> AsyncIterator[int]:
        raise NotImplementedError


async def test_a_bug_is_told_by_its_name_and_not_by_what_it_says() -> None:
    async with telling() as told:
        handler = traced_use_case(FailHandler, told.tracer)(ValueError(SECRET))
        with pytest.raises(ValueError, match=SECRET):
            await handler(1, actor="me")
    [span] = told.spans
    assert (span.name, span.status.code) == ("Fail", Status.STATUS_CODE_ERROR)
    assert attributes_of(span) == {"error.type": "ValueError"}
    assert SECRET not in str(span)


async def test_a_refusal_is_no_failure() -> None:
    async with telling() as told:
        handler = traced_use_case(FailHandler, told.tracer)(Unavailable(SECRET))
        with pytest.raises(Unavailable):
            await handler(1, actor="me")
    [span] = told.spans
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert attributes_of(span) == {"error.type": "unavailable"}
    assert SECRET not in str(span)


async def test_a_traced_handler_is_one_and_answers_as_it_does() -> None:
    async with telling() as told:
        handler = traced_use_case(FailHandler, told.tracer)(ValueError())
        assert isinstance(handler, FailHandler)
        assert await handler(0, actor="me") == 2


async def test_a_handler_that_streams_is_left_as_it_is() -> None:
    async with telling() as told:
        assert traced_use_case(StreamHandler, told.tracer) is StreamHandler


async def test_what_is_left_for_later_names_what_left_it() -> None:
    async with telling() as told:
        with told.tracer.following(PARENT, "request", "server"):
            with told.tracer.within("use case", "internal"):
                left = correlation.trace_parent.get()
            assert correlation.trace_parent.get() != left
        assert correlation.trace_parent.get() is None
        with told.tracer.following(left, "job", "consumer"):
            pass
    trace = Trace(told.spans)
    assert trace.path_to(trace.named("job")) == ["request", "use case", "job"]
    assert trace.named("request").parent_span_id.hex() == PARENT.split("-")[2]


@pytest.mark.parametrize("parent", [None, "", "junk", f"{PARENT}é", "00-" + "0" * 52])
async def test_what_names_no_trace_begins_one(parent: str | None) -> None:
    async with telling() as told:
        with (
            told.tracer.within("around", "internal"),
            told.tracer.following(parent, "job", "consumer"),
        ):
            pass
    around, job = (Trace(told.spans).named(name) for name in ("around", "job"))
    assert not job.parent_span_id
    assert job.trace_id != around.trace_id


async def test_statements_are_told_where_they_are_a_part_of_something() -> None:
    async with telling() as told:
        database = TracedDatabase(MeasuredDatabase(None, slow=5), told.tracer)
        database.statement("SELECT 1", 0.5)
        with told.tracer.within("use case", "internal"):
            database.statement("SELECT a\nFROM b WHERE c = $1", 0.25)
    trace = Trace(told.spans)
    assert trace.paths() == {("use case",), ("use case", "SELECT")}
    span = trace.named("SELECT")
    assert attributes_of(span)["db.query.text"] == "SELECT a\nFROM b WHERE c = $1"
    assert span.end_time_unix_nano - span.start_time_unix_nano == 250_000_000


async def test_a_collector_that_refuses_is_told_of_once_and_so_is_its_return(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with a_collector() as collector, caplog.at_level("INFO"):
        exporter = PatientExporter(collector.settings["OTEL_EXPORTER_OTLP_ENDPOINT"])
        collector.status = 401
        exporter.export([])
        exporter.export([])
        collector.status = 200
        exporter.export([])
        exporter.export([])
    told, back = (each.getMessage() for each in caplog.records)
    assert told.startswith("traces can't be told")
    assert "401" in told
    assert back
