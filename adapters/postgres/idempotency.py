"""Kept answers in PostgreSQL."""

from datetime import datetime

import attrs
from sqlalchemy import Index, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database
from adapters.postgres.entity_table import by_name
from adapters.postgres.query import compile_query
from adapters.postgres.refusals import refused_as
from adapters.postgres.row import Row, table_of
from domain.idempotency import AnswerId, IdempotencyKeyInUse, KeptAnswer


class KeptAnswerRow(Row):
    __tablename__ = "kept_answers"

    id: Mapped[bytes] = mapped_column(primary_key=True)
    key_id: Mapped[str]
    sealed_answer: Mapped[bytes]
    created_at: Mapped[datetime]


Index("ix_kept_answers_created_at", KeptAnswerRow.created_at)

_TABLE = table_of(KeptAnswerRow)
_ADD = compile_query(insert(KeptAnswerRow), [column.name for column in _TABLE.columns])
_FIND = compile_query(select(*_TABLE.columns).where(KeptAnswerRow.id == bindparam("id_")))
_OLDEST = (
    select(KeptAnswerRow.id)
    .where(KeptAnswerRow.created_at < bindparam("before"))
    .order_by(KeptAnswerRow.created_at)
    .limit(bindparam("limit"))
)
_SWEEP = compile_query(delete(KeptAnswerRow).where(KeptAnswerRow.id.in_(_OLDEST)))
_REFUSALS = {"pk_kept_answers": IdempotencyKeyInUse}


def begin_alone(answer_id: AnswerId) -> str:
    """BEGIN in one round trip with a lock that is held until the end. An error before BEGIN leaves
    no transaction behind. Asked for by a number of 64 bits, two answers may clash once in a long
    while; then one of them is refused for a moment."""
    lock = int.from_bytes(answer_id[:8], signed=True)
    return f"""DO $$ BEGIN
        IF NOT pg_try_advisory_xact_lock({lock}) THEN
            RAISE lock_not_available USING MESSAGE = 'the same request is under way';
        END IF;
    END $$; BEGIN"""


@attrs.frozen
class PostgresKeptAnswerRepository:
    connection: Connection

    async def add(self, answer: KeptAnswer) -> None:
        with refused_as(_REFUSALS):
            await self.connection.execute(_ADD, by_name(answer))

    async def sweep(self, *, before: datetime, limit: int) -> int:
        return await self.connection.execute(_SWEEP, {"before": before, "limit": limit})


@attrs.frozen
class PostgresKeptAnswerReader:
    database: Database

    async def find(self, answer_id: AnswerId) -> KeptAnswer | None:
        record = await self.database.row(_FIND, {"id_": answer_id})
        return None if record is None else KeptAnswer(**record)
