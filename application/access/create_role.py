"""Create a role."""

from collections.abc import Collection

import attrs

from application.access.views import RoleView
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, Role


@attrs.frozen(kw_only=True)
class CreateRole:
    name: str
    description: str = ""
    permissions: Collection[Permission] = ()


@attrs.frozen
class CreateRoleHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, command: CreateRole, actor: Actor) -> RoleView:
        actor.require(Permission.ROLES_CREATE)
        actor.require_all(command.permissions)
        now = self.clock.now()
        role = Role(
            name=command.name,
            description=command.description,
            permissions=frozenset(command.permissions),
            created_at=now,
            updated_at=now,
        )
        async with self.begin() as uow:
            await uow.roles.add(role)
            await uow.commit()
        return RoleView.of(role)
