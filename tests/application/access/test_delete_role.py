"""Deleting roles."""

from datetime import datetime

import pytest

from application.access.delete_role import DeleteRole, DeleteRoleHandler
from domain.access import (
    ADMIN,
    ANONYMOUS,
    MEMBER,
    SYSTEM,
    NotAuthenticated,
    Permission,
    PermissionDenied,
    RoleBuiltIn,
    RoleInUse,
    RoleName,
    RoleNotFound,
)
from domain.errors import VersionMismatch
from tests.application.service import Service
from tests.builders import LATER, a_role, a_user, an_actor


async def test_a_role_that_nobody_holds_is_deleted(service: Service) -> None:
    await service.add(role := a_role())
    command = DeleteRole(name=role.name, expected_versions={role.version})

    await service[DeleteRoleHandler](command, an_actor(Permission.ROLES_DELETE))

    assert service.stored.roles.find(role.name) is None
    with pytest.raises(RoleNotFound):
        await service[DeleteRoleHandler](command, SYSTEM)


@pytest.mark.parametrize("deleted_at", [None, LATER], ids=["live", "deleted"])
async def test_a_role_in_use_stays(service: Service, deleted_at: datetime | None) -> None:
    await service.add(role := a_role())
    await service.add(a_user(roles=frozenset({role.name}), deleted_at=deleted_at))

    with pytest.raises(RoleInUse):
        await service[DeleteRoleHandler](DeleteRole(name=role.name), SYSTEM)
    assert service.stored.roles.find(role.name) == role


@pytest.mark.parametrize("name", [ADMIN, MEMBER])
async def test_built_in_roles_stay(service: Service, name: RoleName) -> None:
    with pytest.raises(RoleBuiltIn):
        await service[DeleteRoleHandler](DeleteRole(name=name), SYSTEM)
    assert service.stored.roles.find(name) is not None


async def test_deleting_roles_takes_the_permission(service: Service) -> None:
    await service.add(role := a_role())
    command = DeleteRole(name=role.name)

    with pytest.raises(PermissionDenied):
        await service[DeleteRoleHandler](command, an_actor(Permission.ROLES_UPDATE))
    with pytest.raises(NotAuthenticated):
        await service[DeleteRoleHandler](command, ANONYMOUS)
    assert service.stored.roles.find(role.name) == role


async def test_a_stale_version_deletes_nothing(service: Service) -> None:
    await service.add(role := a_role(version=3))

    with pytest.raises(VersionMismatch):
        await service[DeleteRoleHandler](DeleteRole(name=role.name, expected_versions={2}), SYSTEM)
    assert service.stored.roles.find(role.name) == role
