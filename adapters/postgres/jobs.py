"""Jobs in PostgreSQL: what the outbox takes, and what is run from it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
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
    column,
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
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import by_name
from adapters.postgres.listing import PostgresListing
from adapters.postgres.payloads import Payloads, stored
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from application.jobs.payload import Payload
from application.jobs.ports import Claimed, JobFilter
from application.jobs.views import JobView, QueueView
from application.paging import Slice, Window
from domain.jobs import Job, JobId, JobNotFound, JobState, Lease
from domain.text import Json

CHANNEL = "tessera_jobs"


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


class ScheduleRow(Row):
    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]


_OPEN = JobRow.ended_at.is_(None)

Index(
    "ix_jobs_priority_due_at",
    JobRow.priority.desc(),
    JobRow.due_at,
    postgresql_where=_OPEN,
)
Index("ix_jobs_created_at_id", JobRow.created_at, JobRow.id)
# Written out, as a partial index is used only where the planner sees its condition.
_DEAD = text(f"state = '{JobState.DEAD}'")
Index("ix_jobs_queue", JobRow.queue, postgresql_where=_DEAD)
Index("ix_jobs_ended_at", JobRow.ended_at, postgresql_where=JobRow.ended_at.is_not(None))

_TABLE = table_of(JobRow)
_FIELDS = [field.name for field in attrs.fields(Job)]
_COLUMNS = [_TABLE.c[name] for name in _FIELDS]

# PostgreSQL delivers equal notifications of one transaction once, and when it commits.
_ADD = compile_query(
    insert(JobRow).returning(func.pg_notify(literal(CHANNEL, Text), literal("", Text))),
    [column.name for column in _TABLE.columns],
)


@attrs.frozen
class PostgresOutbox:
    connection: Connection

    async def add(self, payload: Payload, *, job_id: JobId, at: datetime) -> None:
        job = Job(
            id=job_id,
            kind=payload.kind,
            queue=payload.queue,
            priority=payload.priority,
            created_at=at,
            due_at=at,
        )
        await self.connection.execute(_ADD, by_name(job) | {"payload": stored(payload)})


_NOTHING = cast(literal("{}", Text), JSONB)
_CHANGED = {
    "state": bindparam("state_", type_=Text),
    "due_at": bindparam("due_at_", type_=DateTime(timezone=True)),
    "attempts": bindparam("attempts_", type_=Integer),
    "ended_at": bindparam("ended_at_", type_=DateTime(timezone=True)),
    "last_error": bindparam("last_error_", type_=Text),
    "payload": case((bindparam("keeps_payload_", type_=Boolean), JobRow.payload), else_=_NOTHING),
}
_THIS_ONE = JobRow.id == bindparam("id_", type_=Uuid())
_GET = compile_query(select(*_COLUMNS).where(_THIS_ONE).with_for_update())
_SAVE = compile_query(update(JobRow).where(_THIS_ONE).values(**_CHANGED))
_REMOVE_ENDED = compile_query(
    delete(JobRow).where(
        JobRow.id
        == any_(
            func.array(
                select(JobRow.id)
                .where(
                    JobRow.ended_at < bindparam("before", type_=DateTime(timezone=True)),
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


def _job(record: Record) -> Job:
    return Job(**{name: record[name] for name in _FIELDS})


@attrs.frozen
class PostgresJobRepository:
    connection: Connection

    async def get(self, job_id: JobId) -> Job:
        record = await self.connection.row(_GET, {"id_": job_id})
        if record is None:
            raise JobNotFound
        return _job(record)

    async def save(self, job: Job) -> None:
        await self.connection.execute(_SAVE, _changed(job))

    async def remove_ended(
        self, states: Collection[JobState], *, before: datetime, limit: int
    ) -> int:
        return await self.connection.execute(
            _REMOVE_ENDED, {"states": list(states), "before": before, "limit_": limit}
        )


_MOMENT = DateTime(timezone=True)
_NAMES = bindparam("names", type_=ARRAY(Text))
_MOMENTS = bindparam("moments", type_=ARRAY(_MOMENT))
_PLANNED = (
    func.unnest(_NAMES, _MOMENTS)
    .table_valued(column("name", Text), column("due_at", _MOMENT), name="planned")
    .render_derived()
)
_INTRODUCE = insert_or(ScheduleRow).from_select(
    ["name", "due_at"], select(_PLANNED.c.name, _PLANNED.c.due_at)
)
# A timetable that was made denser counts from now on, not only when what it was is over.
_INTRODUCE_ALL = compile_query(
    _INTRODUCE.on_conflict_do_update(
        index_elements=[ScheduleRow.name],
        set_={"due_at": _INTRODUCE.excluded.due_at},
        where=ScheduleRow.due_at > _INTRODUCE.excluded.due_at,
    )
)
_CLAIM_DUE = compile_query(
    update(ScheduleRow)
    .where(
        ScheduleRow.name == _PLANNED.c.name,
        ScheduleRow.due_at <= bindparam("at", type_=_MOMENT),
    )
    .values(due_at=_PLANNED.c.due_at)
    .returning(ScheduleRow.name)
)


@attrs.frozen
class PostgresScheduleClaims:
    connection: Connection

    async def claim_due(self, planned: Mapping[str, datetime], *, at: datetime) -> frozenset[str]:
        # In one order, so that two who claim at once never wait for each other.
        names = sorted(planned)
        values = {"names": names, "moments": [planned[name] for name in names]}
        await self.connection.execute(_INTRODUCE_ALL, values)
        claimed = await self.connection.rows(_CLAIM_DUE, values | {"at": at})
        return frozenset(record["name"] for record in claimed)


_DUE = (
    select(JobRow.id)
    .where(_OPEN, JobRow.due_at <= bindparam("at_", type_=_MOMENT))
    .order_by(JobRow.priority.desc(), JobRow.due_at)
    .limit(bindparam("limit_", type_=Integer))
    .with_for_update(skip_locked=True)
)
CLAIM = compile_query(
    update(JobRow)
    # An array is made once; a plan may run a bare subquery for each row, and claim too many.
    .where(JobRow.id == any_(func.array(_DUE.scalar_subquery())))
    .values(
        state=literal(JobState.RUNNING.value, Text),
        attempts=JobRow.attempts + 1,
        started_at=bindparam("at_", type_=_MOMENT),
        due_at=bindparam("until", type_=_MOMENT),
    )
    .returning(*_COLUMNS, JobRow.payload)
)
_STILL_OURS = (
    _THIS_ONE
    & (JobRow.state == literal(JobState.RUNNING.value, Text))
    & (JobRow.started_at == bindparam("started_at_", type_=_MOMENT))
)
_OUTCOME_COLUMNS = (
    column("id", Uuid()),
    column("started_at", _MOMENT),
    column("state", Text()),
    column("due_at", _MOMENT),
    column("attempts", Integer()),
    column("ended_at", _MOMENT),
    column("last_error", Text()),
    column("keeps_payload", Boolean()),
)
_OUTCOMES = (
    func.unnest(*(bindparam(each.name, type_=ARRAY(each.type)) for each in _OUTCOME_COLUMNS))
    .table_valued(*_OUTCOME_COLUMNS, name="outcomes")
    .render_derived()
)
_SETTLE = compile_query(
    update(JobRow)
    .where(
        JobRow.id == _OUTCOMES.c.id,
        JobRow.state == literal(JobState.RUNNING.value, Text),
        JobRow.started_at == _OUTCOMES.c.started_at,
    )
    .values(
        {name: _OUTCOMES.c[name] for name in ("state", "due_at", "attempts", "ended_at")}
        | {
            "last_error": _OUTCOMES.c.last_error,
            "payload": case((_OUTCOMES.c.keeps_payload, JobRow.payload), else_=_NOTHING),
        }
    )
    .returning(JobRow.id)
)
_RENEW = compile_query(
    update(JobRow).where(_STILL_OURS).values(due_at=bindparam("until", type_=_MOMENT))
)


@attrs.define(eq=False)
class PostgresJobQueue:
    """What ends while the end of others is being written is written together: one statement for
    many short jobs, and none of them waits longer for it than it would for its own."""

    database: Database
    payloads: Payloads
    _unsettled: list[tuple[Job, asyncio.Future[bool]]] = attrs.field(factory=list, init=False)
    _settling: asyncio.Task[None] | None = attrs.field(default=None, init=False)

    async def claim(self, limit: int, *, at: datetime, lease: Lease) -> Sequence[Claimed]:
        values = {"limit_": limit, "at_": at, "until": at + lease.duration}
        records = await self.database.run_once(Connection.rows, CLAIM, values)
        claimed = [
            Claimed(_job(record), self.payloads.read(record["kind"], record["payload"]))
            for record in records
        ]
        return sorted(claimed, key=lambda each: (-each.job.priority, each.job.created_at))

    async def renew(self, jobs: Collection[Job], *, until: datetime) -> None:
        async with self.database.transaction() as connection:
            await connection.execute_each(
                _RENEW,
                [
                    {"id_": job.id, "started_at_": job.started_at, "until": until}
                    # In one order, so that two who renew at once never wait for each other.
                    for job in sorted(jobs, key=lambda each: each.id)
                ],
            )
            await connection.command("COMMIT")

    async def settle(self, job: Job) -> bool:
        outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._unsettled.append((job, outcome))
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle_all())
        return await outcome

    async def _settle_all(self) -> None:
        try:
            while self._unsettled:
                # In one order, so that two who settle at once never wait for each other.
                batch = sorted(self._unsettled, key=lambda each: each[0].id)
                self._unsettled = []
                try:
                    settled = await self._settle([job for job, _ in batch])
                except Exception as error:  # noqa: BLE001 - raised where somebody waits for it
                    for _, outcome in batch:
                        if not outcome.done():
                            outcome.set_exception(error)
                else:
                    for job, outcome in batch:
                        if not outcome.done():
                            outcome.set_result(job.id in settled)
        finally:
            self._settling = None

    async def _settle(self, jobs: Sequence[Job]) -> set[UUID]:
        columns = [each.name for each in _OUTCOME_COLUMNS]
        values = {name: [getattr(job, name) for job in jobs] for name in columns}
        records = await self.database.run_once(Connection.rows, _SETTLE, values)
        return {record["id"] for record in records}


@attrs.define(eq=False)
class PostgresJobSignal:
    """Hears on the connection that listens for this process."""

    _heard: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    async def wait(self) -> None:
        await self._heard.wait()
        self._heard.clear()

    def hear(self, _payload: str) -> None:
        self._heard.set()

    def listen(self) -> None:
        """Whatever came before was heard by nobody."""
        self._heard.set()

    def go_deaf(self) -> None:
        """Whoever waits looks for themselves from time to time."""


def _view(record: Record) -> JobView:
    return JobView(**record)


_SHOWN = [_TABLE.c[field.name] for field in attrs.fields(JobView)]
_SHOW = compile_query(select(*_SHOWN).where(_THIS_ONE))
_LISTING = PostgresListing(
    table=_TABLE,
    columns=_SHOWN,
    conditions={
        "state": JobRow.state == bindparam("state"),
        "kind": JobRow.kind == bindparam("kind"),
        "queue": JobRow.queue == bindparam("queue"),
    },
    tiebreak="id",
    view=_view,
)


_NOW = bindparam("at", type_=_MOMENT)
# One index has the open ones, another the dead; of those that are done there may be millions.
_SHOWN_IN_QUEUES = union_all(
    *(
        select(JobRow.queue, JobRow.state, JobRow.due_at, JobRow.ended_at, JobRow.last_error).where(
            condition
        )
        for condition in (_OPEN, _DEAD)
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
        filters = {name: value for name, value in by_name(chosen).items() if value is not None}
        return await _LISTING.page(self.database, filters, window)

    async def queues(self, *, at: datetime) -> Sequence[QueueView]:
        records = await self.database.rows(QUEUES, {"at": at})
        return [_queue_view(record, at) for record in records]
