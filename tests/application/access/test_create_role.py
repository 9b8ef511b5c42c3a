"""Making roles."""

import pytest

from application.access.create_role import CreateRole, CreateRoleHandler
from application.access.views import RoleView
from domain.access import (
    ANONYMOUS,
    SYSTEM,
    NotAuthenticated,
    Permission,
    PermissionDenied,
    RoleName,
    RoleNameTaken,
)
from domain.errors import Invalid
from tests.application.service import Service
from tests.builders import a_role, an_actor

EDITORS = RoleName("editors")


async def test_a_role_is_made(service: Service) -> None:
    shown = await service[CreateRoleHandler](
        CreateRole(
            name="editors",
            description=" Edit ",
            permissions=[Permission.USERS_UPDATE, Permission.USERS_READ, Permission.USERS_READ],
        ),
        an_actor(Permission.ROLES_CREATE, Permission.USERS_UPDATE, Permission.USERS_READ),
    )

    stored = service.stored.roles.find(EDITORS)
    assert stored is not None
    assert stored.description == "Edit"
    assert stored.permissions == {Permission.USERS_READ, Permission.USERS_UPDATE}
    assert stored.created_at == stored.updated_at == service.clock.now()
    assert shown == RoleView.of(stored)
    assert shown.permissions == (Permission.USERS_READ, Permission.USERS_UPDATE)
    assert shown.version == 1


async def test_nobody_makes_a_role_that_grants_what_they_lack(service: Service) -> None:
    command = CreateRole(name="editors", permissions=[Permission.USERS_READ])

    with pytest.raises(PermissionDenied):
        await service[CreateRoleHandler](command, an_actor(Permission.ROLES_CREATE))
    assert service.stored.roles.find(EDITORS) is None


async def test_making_roles_takes_the_permission(service: Service) -> None:
    command = CreateRole(name="editors")

    with pytest.raises(PermissionDenied):
        await service[CreateRoleHandler](command, an_actor(Permission.ROLES_UPDATE))
    with pytest.raises(NotAuthenticated):
        await service[CreateRoleHandler](command, ANONYMOUS)


@pytest.mark.parametrize("name", ["editors", "admin", "member"])
async def test_a_taken_name_is_refused(service: Service, name: str) -> None:
    await service.add(a_role(name="editors"))

    with pytest.raises(RoleNameTaken):
        await service[CreateRoleHandler](CreateRole(name=name), SYSTEM)


@pytest.mark.parametrize(
    "command", [CreateRole(name="Editors"), CreateRole(name="editors", description="a\nb")]
)
async def test_a_bad_role_is_refused(service: Service, command: CreateRole) -> None:
    with pytest.raises(Invalid):
        await service[CreateRoleHandler](command, SYSTEM)
