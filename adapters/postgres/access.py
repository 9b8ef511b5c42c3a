"""Roles in PostgreSQL, and what they grant."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    SQLColumnExpression,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.access_changes import AccessChanges
from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import Values, by_name, entity_table
from adapters.postgres.listing import PostgresListing, is_storable
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from application.access.views import RoleView
from application.paging import Slice, Window
from domain.access import (
    Permission,
    Role,
    RoleInUse,
    RoleName,
    RoleNameTaken,
    RoleNotFound,
)


class RoleRow(Row):
    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str]
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]


class UserRoleRow(Row):
    __tablename__ = "user_roles"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role_name: Mapped[str] = mapped_column(ForeignKey("roles.name"), primary_key=True)


Index("ix_user_roles_role_name", UserRoleRow.role_name)


def known_permissions(names: Iterable[str]) -> frozenset[Permission]:
    """A name that this version does not know grants nothing: during a rolling upgrade a newer
    one may have stored it."""
    return frozenset(Permission(name) for name in names if name in _CATALOGUE)


_CATALOGUE = frozenset(permission.value for permission in Permission)


def _role_values(role: Role) -> Values:
    return by_name(role) | {"permissions": sorted(role.permissions)}


_ROLES = entity_table(
    Role,
    RoleRow,
    key="name",
    not_found=RoleNotFound,
    refusals={"pk_roles": RoleNameTaken, "fk_user_roles_role_name": RoleInUse},
    values_of=_role_values,
    read_as={"permissions": known_permissions},
)

_PERMISSIONS_OF = compile_query(
    select(RoleRow.name, RoleRow.permissions).where(
        RoleRow.name == any_(bindparam("names", type_=ARRAY(Text)))
    )
)


@attrs.frozen
class PostgresRoleRepository:
    connection: Connection
    changes: AccessChanges

    async def add(self, role: Role) -> None:
        await _ROLES.add(self.connection, role)

    async def get(self, name: RoleName) -> Role:
        if not is_storable(name):
            raise RoleNotFound
        return await _ROLES.get(self.connection, name)

    async def save(self, role: Role) -> None:
        await _ROLES.save(self.connection, role)
        self.changes.of_everyone()

    async def remove(self, role: Role) -> None:
        await _ROLES.remove(self.connection, role)

    async def permissions_of(self, names: Collection[RoleName]) -> frozenset[Permission]:
        storable = [name for name in names if is_storable(name)]
        records = await self.connection.rows(_PERMISSIONS_OF, {"names": storable})
        if set(names) - {record["name"] for record in records}:
            raise RoleNotFound
        return known_permissions(name for record in records for name in record["permissions"])


def _view(record: Record) -> RoleView:
    return RoleView(
        **dict(record.items())
        | {"permissions": tuple(sorted(known_permissions(record["permissions"])))}
    )


_TABLE = table_of(RoleRow)
_SHOWN = [_TABLE.c[field.name] for field in attrs.fields(RoleView)]
_GET = compile_query(select(*_SHOWN).where(RoleRow.name == bindparam("name_")))
_LISTING = PostgresListing(
    table=_TABLE,
    columns=_SHOWN,
    conditions={},
    tiebreak="name",
    view=_view,
)


@attrs.frozen
class PostgresRoleReader:
    database: Database

    async def get(self, name: RoleName) -> RoleView:
        record = None
        if is_storable(name):
            record = await self.database.row(_GET, {"name_": name})
        if record is None:
            raise RoleNotFound
        return _view(record)

    async def page(self, window: Window) -> Slice[RoleView]:
        return await _LISTING.page(self.database, {}, window)


def granted_to(user_id: SQLColumnExpression[UUID]) -> ColumnElement[Sequence[str]]:
    """What the roles of an account grant together, inside a statement over accounts."""
    grants = (
        select(func.unnest(RoleRow.permissions))
        .join(UserRoleRow, UserRoleRow.role_name == RoleRow.name)
        .where(UserRoleRow.user_id == user_id)
    )
    return func.array(grants.distinct().scalar_subquery())
