"""Showing one role, and all of them."""

import pytest

from application.access.get_role import GetRole, GetRoleHandler
from application.access.list_roles import ListRoles, ListRolesHandler
from application.access.views import RoleView
from application.paging import PageRequest
from domain.access import (
    ADMIN,
    ANONYMOUS,
    MEMBER,
    NotAuthenticated,
    Permission,
    PermissionDenied,
    RoleName,
    RoleNotFound,
)
from tests.application.service import Service
from tests.builders import a_role, an_actor

READER = an_actor(Permission.ROLES_READ)


async def test_a_role_is_shown(service: Service) -> None:
    await service.add(role := a_role())

    assert await service[GetRoleHandler](GetRole(name=role.name), READER) == RoleView.of(role)


@pytest.mark.parametrize("name", ["unknown", "", "\0", "\ud800", "Admin"])
async def test_an_unknown_role_is_not_found(service: Service, name: str) -> None:
    with pytest.raises(RoleNotFound):
        await service[GetRoleHandler](GetRole(name=RoleName(name)), READER)


async def test_roles_are_listed_by_name(service: Service) -> None:
    await service.add(a_role(name="zoo"), a_role(name="editors"))

    page = await service[ListRolesHandler](ListRoles(), READER)

    assert [role.name for role in page.items] == [ADMIN, "editors", MEMBER, "zoo"]
    assert page.total == 4


async def test_roles_come_in_pages(service: Service) -> None:
    await service.add(a_role(name="zoo"))

    first = await service[ListRolesHandler](
        ListRoles(page=PageRequest(limit=2, sort="-name")), READER
    )
    second = await service[ListRolesHandler](
        ListRoles(page=PageRequest(limit=2, cursor=first.next_cursor)), READER
    )

    assert [role.name for role in first.items] == ["zoo", MEMBER]
    assert [role.name for role in second.items] == [ADMIN]
    assert second.next_cursor is None


async def test_roles_take_the_permission(service: Service) -> None:
    with pytest.raises(PermissionDenied):
        await service[GetRoleHandler](GetRole(name=ADMIN), an_actor())
    with pytest.raises(PermissionDenied):
        await service[ListRolesHandler](ListRoles(), an_actor())
    with pytest.raises(NotAuthenticated):
        await service[ListRolesHandler](ListRoles(), ANONYMOUS)
