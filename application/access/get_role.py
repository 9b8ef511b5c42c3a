"""Show a role."""

import attrs

from application.access.ports import RoleReader
from application.access.views import RoleView
from domain.access import Actor, Permission, RoleName


@attrs.frozen(kw_only=True)
class GetRole:
    name: RoleName


@attrs.frozen
class GetRoleHandler:
    roles: RoleReader

    async def __call__(self, command: GetRole, actor: Actor) -> RoleView:
        actor.require(Permission.ROLES_READ)
        return await self.roles.get(command.name)
