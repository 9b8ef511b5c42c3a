"""One-time tokens in PostgreSQL: what they are for, and nothing that would do for one."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import ForeignKey, Index, Text, any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Record
from adapters.postgres.entity_table import by_name
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from domain.access import UserId
from domain.one_time_tokens import OneTimeToken, OneTimeTokenId, TokenPurpose


class OneTimeTokenRow(Row):
    __tablename__ = "one_time_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    email: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


_NEWEST_ONLY = (OneTimeTokenRow.user_id, OneTimeTokenRow.purpose, OneTimeTokenRow.email)

Index("uq_one_time_tokens_user_id_purpose_email", *_NEWEST_ONLY, unique=True)
Index("ix_one_time_tokens_expires_at", OneTimeTokenRow.expires_at)

_TABLE = table_of(OneTimeTokenRow)
_COLUMNS = [column.name for column in _TABLE.columns]
_NEW = insert(OneTimeTokenRow)
# One statement, so that of two mails asked for at once one holds the good link, and no error is.
_ADD = compile_query(
    _NEW.on_conflict_do_update(
        index_elements=_NEWEST_ONLY, set_={name: _NEW.excluded[name] for name in _COLUMNS}
    ),
    _COLUMNS,
)
_IS_LIVE = (
    (OneTimeTokenRow.id == bindparam("id_"))
    & OneTimeTokenRow.spent_at.is_(None)
    & (OneTimeTokenRow.expires_at > bindparam("at"))
)
_FIND = compile_query(select(*_TABLE.columns).where(_IS_LIVE))
_SPEND = compile_query(
    update(OneTimeTokenRow)
    .where(_IS_LIVE)
    .values(spent_at=bindparam("at"))
    .returning(*_TABLE.columns)
)
_END_ALL = compile_query(
    delete(OneTimeTokenRow).where(
        OneTimeTokenRow.user_id == bindparam("user_id_"),
        OneTimeTokenRow.purpose == any_(bindparam("purposes", type_=ARRAY(Text))),
    )
)
_SWEEP = compile_query(
    delete(OneTimeTokenRow).where(OneTimeTokenRow.expires_at <= bindparam("before"))
)


def _token(record: Record | None) -> OneTimeToken | None:
    return None if record is None else OneTimeToken(**record)


@attrs.frozen
class PostgresOneTimeTokenRepository:
    connection: Connection

    async def add(self, token: OneTimeToken) -> None:
        await self.connection.execute(_ADD, by_name(token))

    async def find(self, token_id: OneTimeTokenId, *, at: datetime) -> OneTimeToken | None:
        return _token(await self.connection.row(_FIND, {"id_": token_id, "at": at}))

    async def spend(self, token_id: OneTimeTokenId, *, at: datetime) -> OneTimeToken | None:
        return _token(await self.connection.row(_SPEND, {"id_": token_id, "at": at}))

    async def end_all(self, user_id: UserId, purposes: Collection[TokenPurpose]) -> None:
        await self.connection.execute(
            _END_ALL, {"user_id_": user_id, "purposes": [each.value for each in purposes]}
        )

    async def sweep(self, *, before: datetime) -> int:
        return await self.connection.execute(_SWEEP, {"before": before})
