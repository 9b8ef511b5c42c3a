"""Authenticator apps in PostgreSQL: their secrets sealed, their recovery codes hashed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    all_,
    any_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import by_name
from adapters.postgres.query import compile_query
from adapters.postgres.refusals import refused_as
from adapters.postgres.row import Row, table_of
from application.auth.views import MfaView
from domain.access import UserId
from domain.totp import Totp
from domain.users import UserNotFound


class TotpRow(Row):
    __tablename__ = "totps"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key_id: Mapped[str]
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    recovery_codes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    failures: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))


# For the rotation of keys, which goes through a key's rows in this order.
Index("ix_totps_key_id_user_id", TotpRow.key_id, TotpRow.user_id)

_TABLE = table_of(TotpRow)
_COLUMNS = [column.name for column in _TABLE.columns]
_SAVED = [name for name in _COLUMNS if name not in {"user_id", "created_at", "last_step"}]
_THIS_ONE = TotpRow.user_id == bindparam("user_id_", type_=TotpRow.user_id.type)
_IS_ON = _THIS_ONE & TotpRow.confirmed_at.is_not(None)
_NEW = insert(TotpRow)
_PUT = compile_query(
    _NEW.on_conflict_do_update(
        index_elements=[TotpRow.user_id], set_={name: _NEW.excluded[name] for name in _COLUMNS}
    ),
    _COLUMNS,
)
_LOCKED = select(*_TABLE.columns).with_for_update(key_share=True)
_FIND = compile_query(_LOCKED.where(_THIS_ONE))
_ON = compile_query(select(TotpRow.user_id).where(_IS_ON))
_SAVE = compile_query(update(TotpRow).where(_THIS_ONE), _SAVED)
_ACCEPT_STEP = compile_query(
    update(TotpRow)
    .where(_THIS_ONE, or_(TotpRow.last_step.is_(None), TotpRow.last_step < bindparam("step")))
    .values(last_step=bindparam("step"))
)
_CODE_HASH = bindparam("code_hash", type_=LargeBinary)
_SPEND_RECOVERY_CODE = compile_query(
    update(TotpRow)
    .where(_IS_ON, any_(TotpRow.recovery_codes) == _CODE_HASH)
    .values(recovery_codes=func.array_remove(TotpRow.recovery_codes, _CODE_HASH))
)
_REMOVE = compile_query(delete(TotpRow).where(_THIS_ONE))
_AFTER = bindparam("after", type_=TotpRow.user_id.type)
_SEALED_BY_OTHERS = compile_query(
    _LOCKED.where(
        TotpRow.key_id != bindparam("key_id_"), or_(_AFTER.is_(None), TotpRow.user_id > _AFTER)
    )
    .order_by(TotpRow.user_id)
    .limit(bindparam("limit_"))
)
_COUNT_SEALED_BY_OTHERS = compile_query(
    select(func.count().label("others")).where(
        TotpRow.key_id != all_(bindparam("key_ids", type_=ARRAY(TotpRow.key_id.type)))
    )
)
RECOVERY_CODES_LEFT = func.cardinality(TotpRow.recovery_codes)
_SHOWN = compile_query(
    select(TotpRow.confirmed_at, RECOVERY_CODES_LEFT.label("left")).where(_IS_ON)
)


def _values(totp: Totp) -> dict[str, object]:
    return {**by_name(totp), "recovery_codes": sorted(totp.recovery_codes)}


def _totp(record: Record) -> Totp:
    fields = dict(record.items())
    fields["recovery_codes"] = frozenset(fields["recovery_codes"])
    fields["failures"] = tuple(fields["failures"])
    return Totp(**fields)


@attrs.frozen
class PostgresTotpRepository:
    connection: Connection

    async def put(self, totp: Totp) -> None:
        with refused_as({"fk_totps_user_id": UserNotFound}):
            await self.connection.execute(_PUT, _values(totp))

    async def find(self, user_id: UserId) -> Totp | None:
        record = await self.connection.row(_FIND, {"user_id_": user_id})
        return None if record is None else _totp(record)

    async def is_on(self, user_id: UserId) -> bool:
        return await self.connection.row(_ON, {"user_id_": user_id}) is not None

    async def save(self, totp: Totp) -> None:
        await self.connection.execute(_SAVE, _values(totp) | {"user_id_": totp.user_id})

    async def accept_step(self, user_id: UserId, step: int) -> bool:
        return await self.connection.execute(_ACCEPT_STEP, {"user_id_": user_id, "step": step}) == 1

    async def spend_recovery_code(self, user_id: UserId, code_hash: bytes) -> bool:
        values = {"user_id_": user_id, "code_hash": code_hash}
        return await self.connection.execute(_SPEND_RECOVERY_CODE, values) == 1

    async def remove(self, user_id: UserId) -> None:
        await self.connection.execute(_REMOVE, {"user_id_": user_id})

    async def sealed_by_others(
        self, key_id: str, *, after: UserId | None, limit: int
    ) -> Sequence[Totp]:
        values = {"key_id_": key_id, "after": after, "limit_": limit}
        return [_totp(record) for record in await self.connection.rows(_SEALED_BY_OTHERS, values)]

    async def count_sealed_by_others(self, key_ids: Collection[str]) -> int:
        values = {"key_ids": sorted(key_ids)}
        record = await self.connection.row(_COUNT_SEALED_BY_OTHERS, values)
        return 0 if record is None else record["others"]


@attrs.frozen
class PostgresMfaReader:
    database: Database

    async def get(self, user_id: UserId) -> MfaView:
        record = await self.database.row(_SHOWN, {"user_id_": user_id})
        if record is None:
            return MfaView(totp=False, totp_enabled_at=None, recovery_codes_left=0)
        return MfaView(
            totp=True,
            totp_enabled_at=record["confirmed_at"],
            recovery_codes_left=record["left"],
        )
