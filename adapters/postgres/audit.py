"""The trail in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    LargeBinary,
    Uuid,
    any_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import by_name
from adapters.postgres.filtering import conditions_of, filters_of
from adapters.postgres.listing import PostgresListing
from adapters.postgres.query import compile_query
from adapters.postgres.refusals import refused_as
from adapters.postgres.row import Row, table_of
from application.audit.listing import AuditFilter
from application.audit.views import AuditView
from application.paging import Slice, Window
from domain.access import UserId
from domain.audit import AuditEntry, AuditHead, AuditTrailBroken
from domain.text import Json


class AuditRow(Row):
    """Accounts are named without a foreign key: the trail outlives them. A trigger refuses every
    change but sealing once and erasing for good (see the migration)."""

    __tablename__ = "audit"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    occurred_at: Mapped[datetime]
    event: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    api_key_id: Mapped[UUID | None]
    target_id: Mapped[UUID | None]
    subject: Mapped[str | None]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Json]] = mapped_column(JSONB)
    actor_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    actor_digest: Mapped[bytes] = mapped_column(LargeBinary)
    target_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    target_digest: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    erasure: Mapped[bytes | None] = mapped_column(LargeBinary)
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    seal: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditHeadRow(Row):
    """One row at most."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("is_only", name="is_only"),)

    is_only: Mapped[bool] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


Index("uq_audit_sequence", AuditRow.sequence, unique=True)
Index("ix_audit_unsealed", AuditRow.id, postgresql_where=AuditRow.sequence.is_(None))
Index("ix_audit_occurred_at_id", AuditRow.occurred_at, AuditRow.id)
Index("ix_audit_event_occurred_at_id", AuditRow.event, AuditRow.occurred_at, AuditRow.id)
for person in ("actor_id", "target_id"):
    Index(f"ix_audit_{person}_occurred_at_id", person, AuditRow.occurred_at, AuditRow.id)

_TABLE = table_of(AuditRow)
_FIELDS = [column.name for column in _TABLE.columns]
if set(_FIELDS) != {field.name for field in attrs.fields(AuditEntry)}:
    raise TypeError("AuditEntry and its table differ")
_ADD = compile_query(insert(AuditRow), _FIELDS)
# What is given away when an account goes.
_ERASABLE = (
    "actor_id", "api_key_id", "address", "user_agent", "request_id", "actor_salt",
    "target_id", "subject", "details", "target_salt", "erasure",
)  # fmt: skip


@attrs.frozen
class PostgresAuditTrail:
    connection: Connection

    async def add(self, entry: AuditEntry) -> None:
        await self.connection.execute(_ADD, by_name(entry))


# Any number will do, as long as every version of the service takes the same.
_SEALING_LOCK = 7_355_608_114
_TAKE_TURN = compile_query(
    select(func.pg_try_advisory_xact_lock(bindparam("lock", type_=BigInteger)).label("is_ours"))
)
_HEAD = compile_query(select(AuditHeadRow.sequence, AuditHeadRow.seal, AuditHeadRow.signature))
_UNSEALED = compile_query(
    select(*_TABLE.columns)
    .where(AuditRow.sequence.is_(None), AuditRow.occurred_at < bindparam("before"))
    .order_by(AuditRow.id)
    .limit(bindparam("limit_", type_=Integer))
)
_SEAL = compile_query(update(AuditRow).where(AuditRow.id == bindparam("id_")), ["sequence", "seal"])
_RECORD_HEAD = compile_query(
    (record := insert(AuditHeadRow)).on_conflict_do_update(
        index_elements=[AuditHeadRow.is_only],
        set_={
            "sequence": record.excluded.sequence,
            "seal": record.excluded.seal,
            "signature": record.excluded.signature,
        },
    ),
    ["is_only", "sequence", "seal", "signature"],
)
_ENTRIES = compile_query(
    select(*_TABLE.columns).order_by(AuditRow.sequence.asc().nulls_last(), AuditRow.id)
)
_USERS = bindparam("users", type_=ARRAY(Uuid()))
_ABOUT = compile_query(
    select(*_TABLE.columns)
    .where(or_(AuditRow.actor_id == any_(_USERS), AuditRow.target_id == any_(_USERS)))
    .order_by(AuditRow.id)
    .limit(bindparam("limit_", type_=Integer))
)
_ERASE = compile_query(update(AuditRow).where(AuditRow.id == bindparam("id_")), _ERASABLE)


def _entry(record: Record) -> AuditEntry:
    return AuditEntry(**record)


@attrs.frozen
class PostgresAuditChain:
    connection: Connection

    async def take_turn(self) -> bool:
        record = await self.connection.row(_TAKE_TURN, {"lock": _SEALING_LOCK})
        return record is not None and bool(record["is_ours"])

    async def head(self) -> AuditHead | None:
        record = await self.connection.row(_HEAD, {})
        return None if record is None else AuditHead(**record)

    async def unsealed(self, *, before: datetime, limit: int) -> Sequence[AuditEntry]:
        records = await self.connection.rows(_UNSEALED, {"before": before, "limit_": limit})
        return [_entry(record) for record in records]

    async def seal(self, entries: Sequence[AuditEntry], head: AuditHead) -> None:
        with refused_as({"uq_audit_sequence": AuditTrailBroken}):
            await self.connection.execute_each(
                _SEAL,
                [
                    {"id_": entry.id, "sequence": entry.sequence, "seal": entry.seal}
                    for entry in entries
                ],
            )
        await self.connection.execute(_RECORD_HEAD, {"is_only": True, **by_name(head)})

    async def entries(self) -> AsyncIterator[AuditEntry]:
        async for record in self.connection.stream(_ENTRIES, {}):
            yield _entry(record)

    async def about(self, users: frozenset[UserId], *, limit: int) -> Sequence[AuditEntry]:
        values = {"users": list(users), "limit_": limit}
        return [_entry(record) for record in await self.connection.rows(_ABOUT, values)]

    async def erase(self, entries: Sequence[AuditEntry]) -> None:
        await self.connection.execute_each(
            _ERASE,
            [
                {"id_": entry.id, **{name: getattr(entry, name) for name in _ERASABLE}}
                for entry in entries
            ],
        )


def _view(record: Record) -> AuditView:
    return AuditView(**record)


_LISTING = PostgresListing(
    table=_TABLE,
    columns=[_TABLE.c[field.name] for field in attrs.fields(AuditView)],
    conditions=conditions_of(AuditFilter, _TABLE),
    tiebreak="id",
    view=_view,
)


@attrs.frozen
class PostgresAuditReader:
    database: Database

    async def page(self, chosen: AuditFilter, window: Window) -> Slice[AuditView]:
        return await _LISTING.page(self.database, filters_of(chosen), window)
