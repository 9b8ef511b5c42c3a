"""Tables of entities that behave as a database does: copies, unique keys, versions."""

import copy
from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Generic, Protocol, Self, TypeVar

import attrs

from application.references import unknown_reference
from domain.errors import DomainError, VersionMismatch

Id = TypeVar("Id", bound=Hashable)
Entity = TypeVar("Entity")


@attrs.frozen
class Reference:
    """From a field of a table's rows to the id of a row in another. Whoever refers to what is
    removed is removed as well or, where the field is optional, refers to nothing."""

    field: str
    to: str
    """The other table's name."""
    is_optional: bool = False
    unknown: Callable[[str], DomainError] = unknown_reference
    """What is raised where there is no such row, made of the field's name."""


def _has_none(value: Hashable) -> bool:
    """As one value, or among several."""
    return value is None or (isinstance(value, tuple) and None in value)


def _is_live(entity: object) -> bool:
    return getattr(entity, "deleted_at", None) is None


class Target(Container[object], Protocol):
    """A table that others refer to."""

    def tell_of_removals(self, tell: Callable[[Hashable], None]) -> None: ...


@attrs.define
class Table(Generic[Id, Entity]):
    """Entities by id, copied in and out, so that nothing is stored that nobody saved."""

    identity: Callable[[Entity], Id]
    unique: Mapping[type[DomainError], Callable[[Entity], Hashable]] = attrs.field(factory=dict)
    """What no two rows may share, by the error that says so; any number may have None."""
    frees_deleted: bool = False
    """Whether what is deleted lets others have what was unique to it."""
    duplicate: Callable[[Entity], Entity] = copy.copy
    references: Sequence[Reference] = ()
    _rows: dict[Id, Entity] = attrs.field(factory=dict)
    _index: dict[tuple[type[DomainError], Hashable], Id] = attrs.field(factory=dict)
    _targets: dict[str, Container[object]] = attrs.field(factory=dict, init=False)
    _told: list[Callable[[Hashable], None]] = attrs.field(factory=list, init=False)

    def refer(self, tables: "Mapping[str, Target]") -> None:
        """To these, by name, from now on."""
        for reference in self.references:
            target = self._targets[reference.to] = tables[reference.to]
            target.tell_of_removals(partial(self._forget, reference))

    def tell_of_removals(self, tell: Callable[[Hashable], None]) -> None:
        self._told.append(tell)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

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
        if not _is_live(row):
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
        self._check_references(entity)
        row_id = self.identity(entity)
        for error, value in self._unique_values(entity):
            if (error, value) in self._index:
                raise error
        if row_id in self._rows:
            raise ValueError(f"{row_id} is stored already")
        self._put(row_id, entity)

    def replace(self, entity: Entity) -> None:
        self._check_references(entity)
        row_id = self.identity(entity)
        for error, value in self._unique_values(entity):
            if self._index.get((error, value), row_id) != row_id:
                raise error
        self._take(row_id)
        self._put(row_id, entity)

    def remove(self, row_id: Id) -> None:
        self._take(row_id)
        for tell in self._told:
            tell(row_id)

    def _check_references(self, entity: Entity) -> None:
        for reference in self.references:
            target_id = getattr(entity, reference.field)
            if target_id is not None and target_id not in self._targets[reference.to]:
                raise reference.unknown(reference.field)

    def _forget(self, reference: Reference, target_id: Hashable) -> None:
        for row_id, row in list(self._rows.items()):
            if getattr(row, reference.field) != target_id:
                continue
            if reference.is_optional:
                left = self.duplicate(row)
                setattr(left, reference.field, None)
                self.replace(left)
            else:
                self.remove(row_id)

    def _take(self, row_id: Id) -> None:
        for key in self._unique_values(self._rows.pop(row_id)):
            del self._index[key]

    def _put(self, row_id: Id, entity: Entity) -> None:
        self._rows[row_id] = self.duplicate(entity)
        for key in self._unique_values(entity):
            self._index[key] = row_id

    def _unique_values(self, entity: Entity) -> Iterator[tuple[type[DomainError], Hashable]]:
        if self.frees_deleted and not _is_live(entity):
            return
        for error, value_of in self.unique.items():
            value = value_of(entity)
            if not _has_none(value):
                yield error, value


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
