"""Delete a role that nobody holds."""

from collections.abc import Collection

import attrs

from application.audit.security_log import SecurityLog
from application.changes import require_version
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, RoleName
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class DeleteRole:
    name: RoleName
    expected_versions: Collection[int] | None = None


@attrs.frozen
class DeleteRoleHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog

    async def __call__(self, command: DeleteRole, actor: Actor) -> None:
        actor.require(Permission.ROLES_DELETE)
        async with self.begin() as uow:
            role = await uow.roles.get(command.name)
            require_version(role.version, command.expected_versions)
            role.must_be_removable()
            await uow.roles.remove(role)
            await self.security_log.note(
                uow,
                SecurityEvent.ROLE_DELETED,
                actor,
                subject=role.name,
                details={"permissions": [*sorted(role.permissions)]},
            )
            await uow.commit()
