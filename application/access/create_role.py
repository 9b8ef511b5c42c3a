"""Create a role."""

from collections.abc import Collection

import attrs

from application.access.views import RoleView
from application.audit.security_log import SecurityLog
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, Role
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class CreateRole:
    name: str
    description: str = ""
    permissions: Collection[Permission] = ()


@attrs.frozen
class CreateRoleHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog
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
            await self.security_log.note(
                uow,
                SecurityEvent.ROLE_CREATED,
                actor,
                subject=role.name,
                details={"permissions": [*sorted(role.permissions)]},
            )
            await uow.commit()
        return RoleView.of(role)
