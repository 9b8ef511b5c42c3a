"""The trail in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import Index, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from domain.audit import AuditEntry
from domain.text import Json


class AuditRow(Row):
    """Accounts are named without a foreign key: the trail outlives them."""

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


Index("ix_audit_target_id_id", AuditRow.target_id, AuditRow.id)

_FIELDS = [field.name for field in attrs.fields(AuditEntry)]
_ADD = compile_query(insert(AuditRow), [column.name for column in table_of(AuditRow).columns])


@attrs.frozen
class PostgresAuditTrail:
    connection: Connection

    async def add(self, entry: AuditEntry) -> None:
        await self.connection.execute(_ADD, {name: getattr(entry, name) for name in _FIELDS})
