"""Roles in memory."""

from collections.abc import Collection, Iterable

import attrs

from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, Tables
from application.access.views import RoleView
from application.paging import Slice, Window
from domain.access import Permission, Role, RoleInUse, RoleName, RoleNotFound


def permissions_of(tables: Tables, names: Iterable[RoleName]) -> frozenset[Permission]:
    permissions: set[Permission] = set()
    for name in names:
        permissions |= tables.roles.get(name, RoleNotFound).permissions
    return frozenset(permissions)


@attrs.frozen
class MemoryRoleRepository:
    tables: Tables

    async def add(self, role: Role) -> None:
        self.tables.roles.add(role)

    async def get(self, name: RoleName) -> Role:
        return self.tables.roles.get(name, RoleNotFound)

    async def save(self, role: Role) -> None:
        self.tables.roles.save(role)

    async def remove(self, role: Role) -> None:
        if any(role.name in user.roles for user in self.tables.users.scan()):
            raise RoleInUse
        self.tables.roles.remove(role.name)

    async def permissions_of(self, names: Collection[RoleName]) -> frozenset[Permission]:
        return permissions_of(self.tables, names)


@attrs.frozen
class MemoryRoleReader:
    database: Committed

    async def get(self, name: RoleName) -> RoleView:
        return RoleView.of(self.database.tables.roles.get(name, RoleNotFound))

    async def page(self, window: Window) -> Slice[RoleView]:
        return page_of(map(RoleView.of, self.database.tables.roles.scan()), window)
