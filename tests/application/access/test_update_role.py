"""Changing roles."""

import attrs
import pytest

from application.access.update_role import UpdateRole, UpdateRoleHandler
from domain.access import (
    ADMIN,
    ANONYMOUS,
    MEMBER,
    SYSTEM,
    NotAuthenticated,
    Permission,
    PermissionDenied,
    Role,
    RoleBuiltIn,
    RoleName,
    RoleNotFound,
)
from domain.errors import Invalid, VersionMismatch
from tests.application.service import Service
from tests.builders import a_role, an_actor


def stored(service: Service, role: Role) -> Role | None:
    return service.stored.roles.find(role.name)


async def test_a_role_is_changed(service: Service) -> None:
    await service.add(role := a_role())

    shown = await service[UpdateRoleHandler](
        UpdateRole(
            name=role.name,
            description="Reads only",
            permissions=[Permission.USERS_READ],
            expected_versions={role.version},
        ),
        an_actor(Permission.ROLES_UPDATE, Permission.USERS_UPDATE),
    )

    assert stored(service, role) == attrs.evolve(
        role,
        description="Reads only",
        permissions=frozenset({Permission.USERS_READ}),
        updated_at=service.clock.now(),
        version=role.version + 1,
    )
    assert shown.permissions == (Permission.USERS_READ,)
    assert shown.version == role.version + 1


async def test_what_was_not_sent_stays(service: Service) -> None:
    await service.add(role := a_role())

    described = await service[UpdateRoleHandler](
        UpdateRole(name=role.name, description=""), an_actor(Permission.ROLES_UPDATE)
    )
    emptied = await service[UpdateRoleHandler](UpdateRole(name=role.name, permissions=[]), SYSTEM)

    assert described.description == ""
    assert described.permissions == tuple(sorted(role.permissions))
    assert emptied.permissions == ()


@pytest.mark.parametrize(
    "permissions",
    [
        [Permission.USERS_READ, Permission.USERS_UPDATE, Permission.USERS_DELETE],
        [Permission.USERS_READ],
    ],
    ids=["grant", "withdraw"],
)
async def test_nobody_grants_or_withdraws_what_they_lack(
    service: Service, permissions: list[Permission]
) -> None:
    await service.add(role := a_role())
    command = UpdateRole(name=role.name, permissions=permissions)

    with pytest.raises(PermissionDenied):
        await service[UpdateRoleHandler](
            command, an_actor(Permission.ROLES_UPDATE, Permission.USERS_READ)
        )
    assert stored(service, role) == role


async def test_permissions_that_stay_need_not_be_held(service: Service) -> None:
    await service.add(role := a_role())

    shown = await service[UpdateRoleHandler](
        UpdateRole(name=role.name, permissions=role.permissions),
        an_actor(Permission.ROLES_UPDATE),
    )

    assert frozenset(shown.permissions) == role.permissions


async def test_changing_roles_takes_the_permission(service: Service) -> None:
    await service.add(role := a_role())
    command = UpdateRole(name=role.name, description="Mine")

    with pytest.raises(PermissionDenied):
        await service[UpdateRoleHandler](command, an_actor(Permission.ROLES_CREATE))
    with pytest.raises(NotAuthenticated):
        await service[UpdateRoleHandler](command, ANONYMOUS)


@pytest.mark.parametrize("name", [ADMIN, MEMBER])
async def test_built_in_roles_stay_as_they_are(service: Service, name: RoleName) -> None:
    before = service.stored.roles.find(name)

    for command in (
        UpdateRole(name=name, description="Mine"),
        UpdateRole(name=name, permissions=[Permission.USERS_READ]),
    ):
        with pytest.raises(RoleBuiltIn):
            await service[UpdateRoleHandler](command, SYSTEM)
    assert service.stored.roles.find(name) == before


async def test_a_stale_version_changes_nothing(service: Service) -> None:
    await service.add(role := a_role(version=3))

    with pytest.raises(VersionMismatch):
        await service[UpdateRoleHandler](
            UpdateRole(name=role.name, description="Mine", expected_versions={2}), SYSTEM
        )
    assert stored(service, role) == role


async def test_a_bad_description_is_refused(service: Service) -> None:
    await service.add(role := a_role())

    with pytest.raises(Invalid):
        await service[UpdateRoleHandler](UpdateRole(name=role.name, description="x" * 256), SYSTEM)
    assert stored(service, role) == role


async def test_an_unknown_role_is_not_found(service: Service) -> None:
    with pytest.raises(RoleNotFound):
        await service[UpdateRoleHandler](UpdateRole(name=RoleName("unknown")), SYSTEM)
