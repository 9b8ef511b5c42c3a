"""When each schedule is due next, in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime

import attrs
from sqlalchemy import (
    DateTime,
    Text,
    bindparam,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.connection import Connection
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row

MOMENT = DateTime(timezone=True)


class ScheduleRow(Row):
    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]


_NAMES = bindparam("names", type_=ARRAY(Text))
_MOMENTS = bindparam("moments", type_=ARRAY(MOMENT))
_PLANNED = (
    func.unnest(_NAMES, _MOMENTS)
    .table_valued(column("name", Text), column("due_at", MOMENT), name="planned")
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
        ScheduleRow.due_at <= bindparam("at", type_=MOMENT),
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
