"""What becomes a span of a trace, each wrapped where there are traces and not touched where there
are none. No span has what people have written, nor who they are."""

import inspect
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol, TypeAlias

import attrs

from adapters.telemetry.statements import MeasuredDatabase
from application.jobs.payload import Payload
from application.jobs.run_job import Handle, JobHandlers
from application.mail.ports import Mail, Mailer
from domain.jobs import Job

Kind: TypeAlias = Literal["server", "consumer", "client", "internal"]
Attributes: TypeAlias = Mapping[str, str | int]


class Span(Protocol):
    """Something that is being done."""

    def rename(self, name: str) -> None: ...

    def add(self, attributes: Attributes) -> None: ...

    def fail(self, reason: str) -> None: ...


class Tracer(Protocol):
    """What is raised within a span is told as its failure: by its name, without what it says."""

    def within(self, name: str, kind: Kind) -> AbstractContextManager[Span]:
        """A part of what is being done, or the whole of something new."""
        ...

    def following(
        self, trace_parent: str | None, name: str, kind: Kind
    ) -> AbstractContextManager[Span]:
        """What was led to by something elsewhere, or by nothing."""
        ...

    def over(self, name: str, seconds: float, attributes: Attributes) -> None:
        """A part of what is being done, if that is traced, that was sent to another and ended right
        now."""
        ...

    async def aclose(self) -> None:
        """Tell what was not told yet, within a second."""
        ...


def traced_use_case(kind: type, tracer: Tracer) -> type:
    """The same handler with a span for each call. One that answers with a stream is left as it is:
    its work is done while the stream is read."""
    call = vars(kind).get("__call__")
    if not inspect.iscoroutinefunction(call):
        return kind
    name = kind.__name__.removesuffix("Handler")

    async def traced(*arguments: object, **options: object) -> object:
        with tracer.within(name, "internal"):
            return await call(*arguments, **options)

    return type(kind.__name__, (kind,), {"__slots__": (), "__call__": traced})


def traced_jobs(handlers: JobHandlers, tracer: Tracer) -> JobHandlers:
    return JobHandlers({kind: _traced(each, tracer) for kind, each in handlers.by_payload.items()})


def _traced(handle: Handle, tracer: Tracer) -> Handle:
    async def traced(payload: Payload, job: Job) -> None:
        with tracer.following(job.trace_parent, f"job {job.kind}", "consumer") as span:
            span.add(
                {
                    "messaging.destination.name": job.queue,
                    "messaging.message.id": str(job.id),
                    "tessera.job.attempt": job.attempts,
                }
            )
            if job.request_id is not None:
                span.add({"tessera.request_id": job.request_id})
            await handle(payload, job)

    return traced


@attrs.frozen
class TracedMailer:
    mailer: Mailer
    tracer: Tracer

    async def send(self, mail: Mail) -> None:
        with self.tracer.within("mail", "client"):
            await self.mailer.send(mail)


@attrs.frozen
class TracedDatabase:
    """Statements, beside what is measured of them."""

    measured: MeasuredDatabase
    tracer: Tracer

    def statement(self, sql: str, seconds: float) -> None:
        self.measured.statement(sql, seconds)
        operation = sql.split(maxsplit=1)[0].rstrip(";")
        self.tracer.over(
            operation,
            seconds,
            {
                "db.system.name": "postgresql",
                "db.operation.name": operation,
                "db.query.text": sql,
            },
        )

    def waited(self, seconds: float) -> None:
        self.measured.waited(seconds)
