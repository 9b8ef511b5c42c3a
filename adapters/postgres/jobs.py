"""Jobs in PostgreSQL: left in the outbox, changed, and shown."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import by_name
from adapters.postgres.filtering import conditions_of, filters_of
from adapters.postgres.listing import PostgresListing
from adapters.postgres.payloads import stored
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from application.jobs.listing import JobFilter
from application.jobs.payload import Payload
from application.jobs.views import JobView, QueueView
from application.paging import Slice, Window
from domain.jobs import Job, JobId, JobNotFound, JobState
from domain.text import Json

CHANNEL = "tessera_jobs"

MOMENT = DateTime(timezone=True)


class JobRow(Row):
    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    queue: Mapped[str]
    priority: Mapped[int]
    payload: Mapped[dict[str, Json]] = mapped_column(JSONB)
    state: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    request_id: Mapped[str | None]
    trace_parent: Mapped[str | None]
    handed_over_until: Mapped[datetime | None]
    """Until then somebody was told of it who is to claim it, and nobody else is."""


OPEN = JobRow.ended_at.is_(None)

Index(
    "ix_jobs_priority_due_at_queue",
    JobRow.priority.desc(),
    JobRow.due_at,
    # Past those of other queues without looking at them, for whoever wants but one.
    JobRow.queue,
    postgresql_where=OPEN,
)
Index("ix_jobs_created_at_id", JobRow.created_at, JobRow.id)
# Written out, as a partial index is used only where the planner sees its condition.
_DEAD = text(f"state = '{JobState.DEAD}'")
Index("ix_jobs_queue", JobRow.queue, postgresql_where=_DEAD)
Index("ix_jobs_ended_at", JobRow.ended_at, postgresql_where=JobRow.ended_at.is_not(None))

_TABLE = table_of(JobRow)
_FIELDS = [field.name for field in attrs.fields(Job)]
COLUMNS = [_TABLE.c[name] for name in _FIELDS]

# PostgreSQL delivers equal notifications of one transaction once, and when it commits.
_ADD = compile_query(
    insert(JobRow).returning(func.pg_notify(literal(CHANNEL, Text), literal("", Text))),
    [*_FIELDS, "payload"],
)


@attrs.frozen
class PostgresOutbox:
    connection: Connection

    async def add(self, payload: Payload, *, job_id: JobId, at: datetime) -> None:
        job = payload.as_job(job_id, at=at)
        await self.connection.execute(_ADD, by_name(job) | {"payload": stored(payload)})


NOTHING = cast(literal("{}", Text), JSONB)
_CHANGED = {
    "state": bindparam("state_", type_=Text),
    "due_at": bindparam("due_at_", type_=MOMENT),
    "attempts": bindparam("attempts_", type_=Integer),
    "ended_at": bindparam("ended_at_", type_=MOMENT),
    "last_error": bindparam("last_error_", type_=Text),
    "payload": case((bindparam("keeps_payload_", type_=Boolean), JobRow.payload), else_=NOTHING),
}
THIS_JOB = JobRow.id == bindparam("id_", type_=Uuid())
_GET = compile_query(select(*COLUMNS).where(THIS_JOB).with_for_update())
_SAVE = compile_query(update(JobRow).where(THIS_JOB).values(**_CHANGED))
_REMOVE_ENDED = compile_query(
    delete(JobRow).where(
        JobRow.id
        == any_(
            func.array(
                select(JobRow.id)
                .where(
                    JobRow.ended_at < bindparam("before", type_=MOMENT),
                    JobRow.state == any_(bindparam("states", type_=ARRAY(Text))),
                )
                .limit(bindparam("limit_", type_=Integer))
                .scalar_subquery()
            )
        )
    )
)


def _changed(job: Job) -> dict[str, object]:
    return {
        "id_": job.id,
        "state_": job.state,
        "due_at_": job.due_at,
        "attempts_": job.attempts,
        "ended_at_": job.ended_at,
        "last_error_": job.last_error,
        "keeps_payload_": job.keeps_payload,
    }


def job_of(record: Record) -> Job:
    return Job(**{name: record[name] for name in _FIELDS})


@attrs.frozen
class PostgresJobRepository:
    connection: Connection

    async def get(self, job_id: JobId) -> Job:
        record = await self.connection.row(_GET, {"id_": job_id})
        if record is None:
            raise JobNotFound
        return job_of(record)

    async def save(self, job: Job) -> None:
        await self.connection.execute(_SAVE, _changed(job))

    async def remove_ended(
        self, states: Collection[JobState], *, before: datetime, limit: int
    ) -> int:
        return await self.connection.execute(
            _REMOVE_ENDED, {"states": list(states), "before": before, "limit_": limit}
        )


def _view(record: Record) -> JobView:
    return JobView(**record)


_SHOWN = [_TABLE.c[field.name] for field in attrs.fields(JobView)]
_SHOW = compile_query(select(*_SHOWN).where(THIS_JOB))
_LISTING = PostgresListing(
    table=_TABLE,
    columns=_SHOWN,
    conditions=conditions_of(JobFilter, _TABLE),
    tiebreak="id",
    view=_view,
)


_NOW = bindparam("at", type_=MOMENT)
# One index has the open ones, another the dead; of those that are done there may be millions.
_SHOWN_IN_QUEUES = union_all(
    *(
        select(JobRow.queue, JobRow.state, JobRow.due_at, JobRow.ended_at, JobRow.last_error).where(
            condition
        )
        for condition in (OPEN, _DEAD)
    )
).subquery("shown")
_ALIVE = _SHOWN_IN_QUEUES.c.ended_at.is_(None)
_IS_DUE = _ALIVE & (_SHOWN_IN_QUEUES.c.due_at <= _NOW)
_LATER = _ALIVE & (_SHOWN_IN_QUEUES.c.due_at > _NOW)


def _counted(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return func.count().filter(condition).label(name)


QUEUES = compile_query(
    select(
        _SHOWN_IN_QUEUES.c.queue,
        _counted(_IS_DUE, "due"),
        _counted(_LATER & (_SHOWN_IN_QUEUES.c.state == JobState.WAITING.value), "delayed"),
        _counted(_LATER & (_SHOWN_IN_QUEUES.c.state == JobState.RUNNING.value), "running"),
        _counted(_ALIVE & _SHOWN_IN_QUEUES.c.last_error.is_not(None), "failing"),
        _counted(_SHOWN_IN_QUEUES.c.ended_at.is_not(None), "dead"),
        func.min(_SHOWN_IN_QUEUES.c.due_at).filter(_IS_DUE).label("oldest_due_at"),
    )
    .group_by(_SHOWN_IN_QUEUES.c.queue)
    .order_by(_SHOWN_IN_QUEUES.c.queue)
)


def _queue_view(record: Record, at: datetime) -> QueueView:
    values = dict(record)
    oldest = values.pop("oldest_due_at")
    age = 0.0 if oldest is None else (at - oldest).total_seconds()
    return QueueView(**values, age_seconds=age)


@attrs.frozen
class PostgresJobReader:
    database: Database

    async def get(self, job_id: JobId) -> JobView:
        record = await self.database.row(_SHOW, {"id_": job_id})
        if record is None:
            raise JobNotFound
        return _view(record)

    async def page(self, chosen: JobFilter, window: Window) -> Slice[JobView]:
        return await _LISTING.page(self.database, filters_of(chosen), window)

    async def queues(self, *, at: datetime) -> Sequence[QueueView]:
        records = await self.database.rows(QUEUES, {"at": at})
        return [_queue_view(record, at) for record in records]
