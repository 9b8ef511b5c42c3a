"""Giving accounts their roles."""

import pytest

from application.users.assign_roles import AssignRoles, AssignRolesHandler
from application.users.views import UserView
from domain.access import (
    ADMIN,
    ANONYMOUS,
    MEMBER,
    SYSTEM,
    NotAuthenticated,
    Permission,
    PermissionDenied,
    RoleName,
    RoleNotFound,
)
from domain.errors import VersionMismatch
from domain.users import UserNotFound
from tests.application.service import Service
from tests.builders import LATER, a_role, a_user, an_actor


async def test_roles_take_the_place_of_those_before(service: Service) -> None:
    await service.add(editors := a_role(), readers := a_role(), ann := a_user())

    shown = await service[AssignRolesHandler](
        AssignRoles(user_id=ann.id, roles=[editors.name, readers.name, editors.name]), SYSTEM
    )

    changed = service.user(ann)
    assert changed.roles == {editors.name, readers.name}
    assert changed.updated_at == service.clock.now()
    assert shown == UserView.of(changed, editors.permissions | readers.permissions)


async def test_a_user_may_be_left_without_roles(service: Service) -> None:
    await service.add(ann := a_user())

    shown = await service[AssignRolesHandler](AssignRoles(user_id=ann.id, roles=[]), SYSTEM)

    assert shown.roles == ()
    assert shown.permissions == ()


async def test_nobody_grants_what_they_lack(service: Service) -> None:
    await service.add(editors := a_role(), ann := a_user())
    lacking = an_actor(Permission.ROLES_ASSIGN, Permission.USERS_READ)
    holding = an_actor(*editors.permissions, *lacking.permissions)
    command = AssignRoles(user_id=ann.id, roles=[MEMBER, editors.name])

    with pytest.raises(PermissionDenied):
        await service[AssignRolesHandler](command, lacking)
    assert service.user(ann) == ann
    shown = await service[AssignRolesHandler](command, holding)

    assert shown.roles == (editors.name, MEMBER)


async def test_nobody_takes_away_what_they_lack(service: Service) -> None:
    await service.add(ann := a_user(roles=frozenset({ADMIN})))

    with pytest.raises(PermissionDenied):
        await service[AssignRolesHandler](
            AssignRoles(user_id=ann.id, roles=[]), an_actor(Permission.ROLES_ASSIGN)
        )
    assert service.user(ann) == ann


async def test_roles_that_stay_need_not_be_held(service: Service) -> None:
    await service.add(editors := a_role(), ann := a_user(roles=frozenset({ADMIN})))
    actor = an_actor(Permission.ROLES_ASSIGN, *editors.permissions)

    shown = await service[AssignRolesHandler](
        AssignRoles(user_id=ann.id, roles=[ADMIN, editors.name]), actor
    )

    assert shown.roles == (ADMIN, editors.name)


async def test_assigning_takes_the_permission(service: Service) -> None:
    await service.add(ann := a_user())
    command = AssignRoles(user_id=ann.id, roles=[MEMBER])

    with pytest.raises(UserNotFound):
        await service[AssignRolesHandler](command, an_actor(Permission.ROLES_CREATE))
    with pytest.raises(PermissionDenied):
        await service[AssignRolesHandler](command, an_actor(Permission.USERS_READ))
    with pytest.raises(PermissionDenied):
        await service[AssignRolesHandler](command, an_actor(user_id=ann.id))
    with pytest.raises(NotAuthenticated):
        await service[AssignRolesHandler](command, ANONYMOUS)


async def test_only_superusers_touch_superusers(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True))
    command = AssignRoles(user_id=root.id, roles=[])

    with pytest.raises(PermissionDenied):
        await service[AssignRolesHandler](command, an_actor(*Permission))
    shown = await service[AssignRolesHandler](command, an_actor(is_superuser=True))

    assert shown.permissions == tuple(sorted(Permission))


async def test_an_unknown_role_is_refused(service: Service) -> None:
    await service.add(ann := a_user())

    with pytest.raises(RoleNotFound):
        await service[AssignRolesHandler](
            AssignRoles(user_id=ann.id, roles=[MEMBER, RoleName("unknown")]), SYSTEM
        )
    assert service.user(ann) == ann


async def test_an_unknown_or_deleted_user_is_refused(service: Service) -> None:
    await service.add(deleted := a_user(deleted_at=LATER))

    for unknown in (deleted, a_user()):
        with pytest.raises(UserNotFound):
            await service[AssignRolesHandler](
                AssignRoles(user_id=unknown.id, roles=[MEMBER]), SYSTEM
            )


async def test_a_stale_version_changes_nothing(service: Service) -> None:
    await service.add(ann := a_user(version=3))

    with pytest.raises(VersionMismatch):
        await service[AssignRolesHandler](
            AssignRoles(user_id=ann.id, roles=[], expected_versions={2}), SYSTEM
        )
    assert service.user(ann) == ann


async def test_new_rights_hold_for_sessions_that_are_open(service: Service) -> None:
    await service.add(editors := a_role(), ann := a_user())
    tokens = await service.sign_in(ann)

    await service[AssignRolesHandler](AssignRoles(user_id=ann.id, roles=[editors.name]), SYSTEM)

    assert (await service.actor(tokens)).permissions == editors.permissions
