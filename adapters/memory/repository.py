"""Tables of entities that behave as a database does: copies, unique keys, versions."""

import copy
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Generic, Protocol, Self, TypeVar

import attrs

from domain.errors import DomainError, VersionMismatch

Id = TypeVar("Id", bound=Hashable)
Entity = TypeVar("Entity")


@attrs.define
class Table(Generic[Id, Entity]):
    """Entities by id, copied in and out, so that nothing is stored that nobody saved."""

    identity: Callable[[Entity], Id]
    unique: Mapping[type[DomainError], Callable[[Entity], Hashable]] = attrs.field(factory=dict)
    """What no two rows may share, by the error that says so."""
    duplicate: Callable[[Entity], Entity] = copy.copy
    _rows: dict[Id, Entity] = attrs.field(factory=dict)
    _index: dict[tuple[type[DomainError], Hashable], Id] = attrs.field(factory=dict)

    def snapshot(self) -> Self:
        """The same rows, from now on apart from these."""
        return attrs.evolve(self, rows=dict(self._rows), index=dict(self._index))

    def scan(self) -> Iterator[Entity]:
        """Every row in no particular order; not copied, so only to look at."""
        return iter(self._rows.values())

    def find(self, row_id: Id) -> Entity | None:
        row = self._rows.get(row_id)
        return None if row is None else self.duplicate(row)

    def get(self, row_id: Id, not_found: type[DomainError]) -> Entity:
        """Raise `not_found`, also for a deleted one."""
        row = self.get_deleted(row_id, not_found)
        if getattr(row, "deleted_at", None) is not None:
            raise not_found
        return row

    def get_deleted(self, row_id: Id, not_found: type[DomainError]) -> Entity:
        """Deleted or not."""
        row = self.find(row_id)
        if row is None:
            raise not_found
        return row

    def find_by(self, error: type[DomainError], value: Hashable) -> Entity | None:
        """The row that owns a unique value."""
        row_id = self._index.get((error, value))
        return None if row_id is None else self.find(row_id)

    def add(self, entity: Entity) -> None:
        row_id = self.identity(entity)
        for error, value in self._unique_values(entity):
            if (error, value) in self._index:
                raise error
        if row_id in self._rows:
            raise ValueError(f"{row_id} is stored already")
        self._put(row_id, entity)

    def replace(self, entity: Entity) -> None:
        row_id = self.identity(entity)
        for error, value in self._unique_values(entity):
            if self._index.get((error, value), row_id) != row_id:
                raise error
        self.remove(row_id)
        self._put(row_id, entity)

    def remove(self, row_id: Id) -> None:
        for key in self._unique_values(self._rows.pop(row_id)):
            del self._index[key]

    def _put(self, row_id: Id, entity: Entity) -> None:
        self._rows[row_id] = self.duplicate(entity)
        for key in self._unique_values(entity):
            self._index[key] = row_id

    def _unique_values(self, entity: Entity) -> Iterator[tuple[type[DomainError], Hashable]]:
        return ((error, value_of(entity)) for error, value_of in self.unique.items())


class Versioned(Protocol):
    version: int


VersionedEntity = TypeVar("VersionedEntity", bound=Versioned)


@attrs.define
class VersionedTable(Table[Id, VersionedEntity]):
    """Entities that count their changes; a copy that missed one can't be saved."""

    def save(self, entity: VersionedEntity) -> None:
        stored = self.find(self.identity(entity))
        if stored is None or stored.version != entity.version:
            raise VersionMismatch
        saved = self.duplicate(entity)
        saved.version += 1
        self.replace(saved)
        entity.version = saved.version
