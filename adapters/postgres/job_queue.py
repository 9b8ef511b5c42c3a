"""Hands out the jobs that are stored in PostgreSQL, and hears that there are some."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    column,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.jobs import COLUMNS, MOMENT, NOTHING, OPEN, THIS_JOB, JobRow, job_of
from adapters.postgres.payloads import Payloads
from adapters.postgres.query import Query, compile_query
from application.jobs.ports import Claimed
from domain.jobs import Job, JobId, JobState, Lease

_NOW = bindparam("at_", type_=MOMENT)
_UNTIL = bindparam("until", type_=MOMENT)
_IS_DUE = and_(OPEN, JobRow.due_at <= _NOW)
_QUEUES = bindparam("queues", type_=ARRAY(Text))


def _one_of_first(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    first = (
        select(JobRow.id)
        .where(_IS_DUE, *conditions)
        .order_by(JobRow.priority.desc(), JobRow.due_at)
        .limit(bindparam("limit_", type_=Integer))
        .with_for_update(skip_locked=True)
    )
    # An array is made once; a plan may run a bare subquery for each row, and take too many.
    return JobRow.id == any_(func.array(first.scalar_subquery()))


def _claiming(which: ColumnElement[bool]) -> Query:
    return compile_query(
        update(JobRow)
        .where(which)
        .values(
            state=literal(JobState.RUNNING.value, Text),
            attempts=JobRow.attempts + 1,
            started_at=_NOW,
            due_at=_UNTIL,
            handed_over_until=null(),
        )
        .returning(*COLUMNS, JobRow.payload)
    )


CLAIM = _claiming(_one_of_first(or_(_QUEUES.is_(None), JobRow.queue == any_(_QUEUES))))
_CLAIM_ONE = _claiming(and_(THIS_JOB, _IS_DUE))
HAND_OVER = compile_query(
    update(JobRow)
    .where(
        _one_of_first(
            JobRow.queue == bindparam("queue_", type_=Text),
            or_(JobRow.handed_over_until.is_(None), JobRow.handed_over_until <= _NOW),
        )
    )
    .values(handed_over_until=_UNTIL)
    .returning(JobRow.id, JobRow.priority, JobRow.due_at)
)
_STILL_OURS = (
    THIS_JOB
    & (JobRow.state == literal(JobState.RUNNING.value, Text))
    & (JobRow.started_at == bindparam("started_at_", type_=MOMENT))
)
_OUTCOME_COLUMNS = (
    column("id", Uuid()),
    column("started_at", MOMENT),
    column("state", Text()),
    column("due_at", MOMENT),
    column("attempts", Integer()),
    column("ended_at", MOMENT),
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
            "payload": case((_OUTCOMES.c.keeps_payload, JobRow.payload), else_=NOTHING),
        }
    )
    .returning(JobRow.id)
)
_RENEW = compile_query(update(JobRow).where(_STILL_OURS).values(due_at=_UNTIL))


@attrs.define(eq=False)
class PostgresJobQueue:
    """What ends while the end of others is being written is written together: one statement for
    many short jobs, and none of them waits longer for it than it would for its own."""

    database: Database
    payloads: Payloads
    _unsettled: list[tuple[Job, asyncio.Future[bool]]] = attrs.field(factory=list, init=False)
    _settling: asyncio.Task[None] | None = attrs.field(default=None, init=False)

    async def claim(
        self, limit: int, *, at: datetime, lease: Lease, queues: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        values = {
            "limit_": limit,
            "at_": at,
            "until": at + lease.duration,
            "queues": None if queues is None else sorted(queues),
        }
        records = await self.database.run_once(Connection.rows, CLAIM, values)
        claimed = [self._claimed(record) for record in records]
        return sorted(claimed, key=lambda each: (-each.job.priority, each.job.created_at))

    async def claim_one(self, job_id: JobId, *, at: datetime, lease: Lease) -> Claimed | None:
        values = {"id_": job_id, "at_": at, "until": at + lease.duration}
        records = await self.database.run_once(Connection.rows, _CLAIM_ONE, values)
        return self._claimed(records[0]) if records else None

    async def hand_over(
        self, queue: str, limit: int, *, at: datetime, lease: Lease
    ) -> Sequence[JobId]:
        values = {"queue_": queue, "limit_": limit, "at_": at, "until": at + lease.duration}
        records = await self.database.run_once(Connection.rows, HAND_OVER, values)
        records = sorted(records, key=lambda each: (-each["priority"], each["due_at"]))
        return [JobId(record["id"]) for record in records]

    def _claimed(self, record: Record) -> Claimed:
        return Claimed(job_of(record), self.payloads.read(record["kind"], record["payload"]))

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
