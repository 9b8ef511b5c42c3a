"""The standard operations on an aggregate that lives in one table, mapped by name."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Generic, TypeVar

import attrs
from sqlalchemy import (
    BindParameter,
    Delete,
    Insert,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.sql import ColumnElement

from adapters.postgres.connection import Connection, Record
from adapters.postgres.events import EventTable
from adapters.postgres.query import Query, compile_query
from adapters.postgres.refusals import Refusals, refused_as
from adapters.postgres.row import Row, table_of
from domain.errors import DomainError, VersionMismatch

Entity = TypeVar("Entity", bound=attrs.AttrsInstance)
Values = Mapping[str, object]
_NONE: Values = {}


@attrs.frozen(kw_only=True)
class EntityTable(Generic[Entity]):
    """Compiled once per aggregate, at import. A column without a field, or a field without a
    column, fails there and then. Where events are kept, each change wants the `note` of its own."""

    entity: Callable[..., Entity]
    read_as: Mapping[str, Callable[[Iterable[str]], object]]
    columns: tuple[str, ...]
    key: str
    values_of: Callable[[Entity], Values]
    refusals: Refusals
    not_found: type[DomainError]
    insert: Query
    select: Query
    select_locked: Query
    update: Query
    delete: Query

    async def add(self, connection: Connection, entity: Entity, note: Values = _NONE) -> None:
        with refused_as(self.refusals):
            await connection.execute(self.insert, {**self.values_of(entity), **note})

    async def find(self, connection: Connection, key: object, *, lock: bool) -> Entity | None:
        query = self.select_locked if lock else self.select
        record = await connection.row(query, {"key_": key})
        return None if record is None else self.load(record)

    async def get(self, connection: Connection, key: object, *, lock: bool = True) -> Entity:
        """Raise `not_found`, also for a deleted one."""
        entity = await self.get_deleted(connection, key, lock=lock)
        if getattr(entity, "deleted_at", None) is not None:
            raise self.not_found
        return entity

    async def get_deleted(
        self, connection: Connection, key: object, *, lock: bool = True
    ) -> Entity:
        """Deleted or not."""
        entity = await self.find(connection, key, lock=lock)
        if entity is None:
            raise self.not_found
        return entity

    async def save(self, connection: Connection, entity: Entity, note: Values = _NONE) -> None:
        """Write every field; a versioned entity only where nobody else did meanwhile."""
        values = {**self.values_of(entity), **note}
        values["key_"] = values[self.key]
        version = values.get("version")
        if isinstance(version, int):
            values["expected_version_"] = version
            values["version"] = version + 1
        with refused_as(self.refusals):
            touched = await connection.execute(self.update, values)
        if not touched:
            raise VersionMismatch
        if isinstance(version, int):
            setattr(entity, "version", version + 1)  # noqa: B010 - not every entity has one

    async def remove(self, connection: Connection, entity: Entity, note: Values = _NONE) -> None:
        values = {"key_": self.values_of(entity)[self.key], **note}
        with refused_as(self.refusals):
            await connection.execute(self.delete, values)

    def load(self, record: Record) -> Entity:
        fields = dict(record.items())
        for name, convert in self.read_as.items():
            fields[name] = convert(fields[name])
        return self.entity(**fields)


def by_name(entity: attrs.AttrsInstance) -> dict[str, object]:
    return {field.name: getattr(entity, field.name) for field in attrs.fields(type(entity))}


def entity_table(
    entity: type[Entity],
    row: type[Row],
    *,
    key: str = "id",
    not_found: type[DomainError],
    refusals: Refusals,
    values_of: Callable[[Entity], Values] = by_name,
    written_only: frozenset[str] = frozenset(),
    computed: Mapping[str, ColumnElement[object]] | None = None,
    read_as: Mapping[str, Callable[[Iterable[str]], object]] | None = None,
    events: EventTable[object] | None = None,
) -> EntityTable[Entity]:
    """`written_only` columns follow from the entity and are never read back; `computed` fields
    are read from elsewhere and written by the repository itself; `read_as` makes sets of lists;
    where there are `events`, each change is noted there."""
    table = table_of(row)
    computed = computed or {}
    fields = {field.name for field in attrs.fields(entity)}
    columns = {column.name for column in table.columns if column.computed is None}
    if columns - written_only != fields - computed.keys():
        raise TypeError(f"{entity.__name__} and {table.name} differ: {columns ^ fields}")

    key_column = table.columns[key]
    this_one = key_column == bindparam("key_", type_=key_column.type)
    unchanged = this_one
    if "version" in columns:
        unchanged = this_one & (
            table.columns["version"] == bindparam("expected_version_", type_=table.c.version.type)
        )
    chosen: list[ColumnElement[object]] = [
        table.columns[name] for name in sorted(columns - written_only)
    ]
    chosen += [column.label(name) for name, column in computed.items()]
    read = select(*chosen).where(this_one)
    # Columns that never change are not written: without the key among them, PostgreSQL takes the
    # weaker row lock that lets others insert references meanwhile.
    changing = columns - {key, "created_at"}
    compiled: Callable[[Insert | Update | Delete], Query] = compile_query
    if events is not None:
        compiled = events.noted
        refusals = {**refusals, **events.refusals(table, refusals)}
    return EntityTable(
        entity=entity,
        read_as=read_as or {},
        columns=tuple(sorted(columns)),
        key=key,
        values_of=values_of,
        refusals=refusals,
        not_found=not_found,
        insert=compiled(insert(table).values(given(table, columns))),
        select=compile_query(read),
        select_locked=compile_query(read.with_for_update(key_share=True, of=table)),
        update=compiled(update(table).where(unchanged).values(given(table, changing))),
        delete=compiled(delete(table).where(this_one)),
    )


def given(table: Table, columns: Collection[str]) -> dict[str, BindParameter[object]]:
    """Values by the names of the columns that they are for."""
    return {name: bindparam(name, type_=table.c[name].type) for name in sorted(columns)}
