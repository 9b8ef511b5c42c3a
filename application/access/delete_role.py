"""Delete a role that nobody holds."""

import attrs

from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor, Permission, RoleName
from domain.errors import VersionMismatch


@attrs.frozen(kw_only=True)
class DeleteRole:
    name: RoleName
    expected_version: int | None = None


@attrs.frozen
class DeleteRoleHandler:
    begin: BeginUnitOfWork

    async def __call__(self, command: DeleteRole, actor: Actor) -> None:
        actor.require(Permission.ROLES_DELETE)
        async with self.begin() as uow:
            role = await uow.roles.get(command.name)
            if command.expected_version not in (None, role.version):
                raise VersionMismatch
            role.must_be_removable()
            await uow.roles.remove(role)
            await uow.commit()
