"""Every change of rights is in the trail, by whom and to whom, and what changed nothing is not."""

from collections.abc import Mapping

import pytest

from application.access.create_role import CreateRole, CreateRoleHandler
from application.access.delete_role import DeleteRole, DeleteRoleHandler
from application.access.update_role import UpdateRole, UpdateRoleHandler
from application.users.assign_roles import AssignRoles, AssignRolesHandler
from application.users.delete_user import DeleteUser, DeleteUserHandler
from application.users.restore_user import RestoreUser, RestoreUserHandler
from application.users.update_user import UpdateUser, UpdateUserHandler
from domain.access import ADMIN, MEMBER, Permission, PermissionDenied, RoleName
from domain.text import Json
from domain.users import User
from tests.application.mails import events
from tests.application.service import Service
from tests.builders import a_role, a_user, an_actor

ROOT = an_actor(is_superuser=True)


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


def last(service: Service) -> tuple[str, object, object, str | None, Mapping[str, Json]]:
    entry = max(service.stored.audit.scan(), key=lambda entry: entry.id)
    return entry.event, entry.actor_id, entry.target_id, entry.subject, entry.details


async def test_roles(service: Service) -> None:
    create = CreateRole(name="editor", permissions=[Permission.USERS_UPDATE, Permission.USERS_READ])
    await service[CreateRoleHandler](create, ROOT)
    by, both = ROOT.user_id, ["users:read", "users:update"]
    assert last(service) == ("role_created", by, None, "editor", {"permissions": both})

    update = UpdateRole(
        name=RoleName("editor"), permissions=[Permission.AUDIT_READ, Permission.USERS_READ]
    )
    await service[UpdateRoleHandler](update, ROOT)
    changes = {"granted": ["audit:read"], "withdrawn": ["users:update"]}
    assert last(service) == ("role_updated", by, None, "editor", changes)

    await service[DeleteRoleHandler](DeleteRole(name=RoleName("editor")), ROOT)
    held = {"permissions": ["audit:read", "users:read"]}
    assert last(service) == ("role_deleted", by, None, "editor", held)


async def test_roles_of_an_account(service: Service, ann: User) -> None:
    await service.add(editors := a_role())
    await service[AssignRolesHandler](AssignRoles(user_id=ann.id, roles=[editors.name]), ROOT)

    changes = {"given": [editors.name], "taken": [MEMBER]}
    assert last(service) == ("roles_assigned", ROOT.user_id, ann.id, None, changes)


async def test_states_of_an_account(service: Service, ann: User) -> None:
    for update in (
        UpdateUser(user_id=ann.id, is_active=False),
        UpdateUser(user_id=ann.id, is_active=False),
        UpdateUser(user_id=ann.id, is_active=True, is_superuser=True),
        UpdateUser(user_id=ann.id, is_superuser=True, full_name="Ann"),
        UpdateUser(user_id=ann.id, is_active=True, is_superuser=True),
    ):
        await service[UpdateUserHandler](update, ROOT)
    await service.add(a_user(is_superuser=True))
    await service[UpdateUserHandler](UpdateUser(user_id=ann.id, is_superuser=False), ROOT)
    await service[DeleteUserHandler](DeleteUser(user_id=ann.id), ROOT)
    await service[RestoreUserHandler](RestoreUser(user_id=ann.id), ROOT)
    await service[RestoreUserHandler](RestoreUser(user_id=ann.id), ROOT)

    assert events(service) == [
        "user_deactivated",
        "user_activated",
        "user_promoted",
        "user_demoted",
        "user_deleted",
        "user_restored",
    ]
    assert {entry.target_id for entry in service.stored.audit.scan()} == {ann.id}
    assert {entry.actor_id for entry in service.stored.audit.scan()} == {ROOT.user_id}


async def test_what_was_refused_is_no_change(service: Service, ann: User) -> None:
    with pytest.raises(PermissionDenied):
        await service[AssignRolesHandler](
            AssignRoles(user_id=ann.id, roles=[ADMIN]), an_actor(Permission.ROLES_ASSIGN)
        )

    assert events(service) == []
