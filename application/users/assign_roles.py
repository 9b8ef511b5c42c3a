"""Give an account its roles, in place of those it had."""

from collections.abc import Collection

import attrs

from application.audit.security_log import SecurityLog
from application.changes import require_version
from application.clock import Clock
from application.unit_of_work import BeginUnitOfWork
from application.users.rights import require_command, require_reach
from application.users.views import UserView
from domain.access import Actor, Permission, RoleName, UserId
from domain.audit import SecurityEvent


@attrs.frozen(kw_only=True)
class AssignRoles:
    user_id: UserId
    roles: Collection[RoleName]
    expected_versions: Collection[int] | None = None


@attrs.frozen
class AssignRolesHandler:
    begin: BeginUnitOfWork
    security_log: SecurityLog
    clock: Clock

    async def __call__(self, command: AssignRoles, actor: Actor) -> UserView:
        require_reach(actor, command.user_id, Permission.ROLES_ASSIGN)
        actor.require(Permission.ROLES_ASSIGN)
        async with self.begin() as uow:
            user = await uow.users.get(command.user_id)
            require_version(user.version, command.expected_versions)
            require_command(actor, user)
            wanted = frozenset(command.roles)
            granted = await uow.roles.permissions_of(wanted)
            actor.require_all(await uow.roles.permissions_of(wanted ^ user.roles))
            before = user.roles
            user.assign(wanted, at=self.clock.now())
            await uow.users.save(user)
            await self.security_log.note(
                uow,
                SecurityEvent.ROLES_ASSIGNED,
                actor,
                user=user,
                details={"given": [*sorted(wanted - before)], "taken": [*sorted(before - wanted)]},
            )
            await uow.commit()
        return UserView.of(user, granted)
