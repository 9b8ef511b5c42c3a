"""Jobs in PostgreSQL: what the outbox takes, and what is run from it."""

from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import Index, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from application.jobs.payload import Payload
from domain.jobs import JobId
from domain.text import Json


class JobRow(Row):
    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    queue: Mapped[str]
    payload: Mapped[dict[str, Json]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    run_at: Mapped[datetime]
    """Not to be started before."""
    attempts: Mapped[int]
    leased_until: Mapped[datetime | None]
    """Whose lease is over may be started by somebody else."""
    finished_at: Mapped[datetime | None]
    died_at: Mapped[datetime | None]
    """Failed too often to be tried again by itself."""
    last_error: Mapped[str | None]


Index(
    "ix_jobs_queue_run_at",
    JobRow.queue,
    JobRow.run_at,
    postgresql_where=JobRow.finished_at.is_(None) & JobRow.died_at.is_(None),
)

_ADD = compile_query(insert(JobRow), [column.name for column in table_of(JobRow).columns])


@attrs.frozen
class PostgresOutbox:
    connection: Connection

    async def add(self, payload: Payload, *, job_id: JobId, at: datetime) -> None:
        await self.connection.execute(
            _ADD,
            {
                "id": job_id,
                "kind": payload.kind,
                "queue": payload.queue,
                "payload": attrs.asdict(payload),
                "created_at": at,
                "run_at": at,
                "attempts": 0,
                "leased_until": None,
                "finished_at": None,
                "died_at": None,
                "last_error": None,
            },
        )
