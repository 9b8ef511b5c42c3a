"""Change what a role says of itself, and what it grants."""

from collections.abc import Collection

import attrs

from application.access.views import RoleView
from application.audit.security_log import SecurityLog
from application.changes import UNSET, Unset, require_version
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, RoleName
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class UpdateRole:
    name: RoleName
    description: str | Unset = UNSET
    permissions: Collection[Permission] | Unset = UNSET
    expected_versions: Collection[int] | None = None


@attrs.frozen
class UpdateRoleHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: UpdateRole, actor: Actor) -> RoleView:
        actor.require(Permission.ROLES_UPDATE)
        async with self.begin() as uow:
            role = await uow.roles.get(command.name)
            require_version(role.version, command.expected_versions)
            before = role.permissions
            now = self.clock.now()
            if command.description is not UNSET:
                role.describe(command.description, at=now)
            if command.permissions is not UNSET:
                actor.require_all(frozenset(command.permissions) ^ role.permissions)
                role.permit(command.permissions, at=now)
            await uow.roles.save(role)
            await self.security_log.note(
                uow,
                SecurityEvent.ROLE_UPDATED,
                actor,
                subject=role.name,
                details={
                    "granted": [*sorted(role.permissions - before)],
                    "withdrawn": [*sorted(before - role.permissions)],
                },
            )
            await uow.commit()
        return RoleView.of(role)
