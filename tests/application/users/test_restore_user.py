"""Bringing deleted accounts back."""

import pytest

from adapters.memory.tables import OF_MEMBERS
from application.users.restore_user import RestoreUser, RestoreUserHandler
from domain.access import SYSTEM, Permission, PermissionDenied
from domain.users import UserNotFound
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor


async def test_a_restored_account_is_as_it_was(service: Service) -> None:
    await service.add(ann := a_user(deleted_at=LATER))

    shown = await service[RestoreUserHandler](
        RestoreUser(user_id=ann.id), an_actor(Permission.USERS_DELETE)
    )

    restored = service.user(ann)
    assert restored.deleted_at is None
    assert restored.updated_at == service.clock.now()
    assert restored.roles == ann.roles
    assert (shown.id, shown.version) == (ann.id, ann.version + 1)
    assert shown.permissions == tuple(sorted(OF_MEMBERS))
    await service.sign_in(ann)


async def test_restoring_who_was_never_deleted_changes_nothing(service: Service) -> None:
    await service.add(ann := a_user())

    shown = await service[RestoreUserHandler](RestoreUser(user_id=ann.id), SYSTEM)

    assert service.user(ann) == ann
    assert shown.version == ann.version


async def test_sessions_do_not_come_back(service: Service) -> None:
    await service.add(ann := a_user())
    await service.sign_in(ann)
    async with service.database() as uow:
        user = await uow.users.get(ann.id)
        user.delete(at=LATER)
        await uow.users.save(user)
        await uow.sessions.revoke_all(user.id, at=LATER)
        await uow.commit()

    await service[RestoreUserHandler](RestoreUser(user_id=ann.id), SYSTEM)

    assert service.live_sessions_of(ann) == []


async def test_restoring_takes_the_permission_to_delete(service: Service) -> None:
    await service.add(ann := a_user(deleted_at=LATER))
    command = RestoreUser(user_id=ann.id)

    with pytest.raises(UserNotFound):
        await service[RestoreUserHandler](command, an_actor())
    with pytest.raises(PermissionDenied):
        await service[RestoreUserHandler](command, an_actor(Permission.USERS_READ))
    with pytest.raises(PermissionDenied):
        await service[RestoreUserHandler](command, an_actor(user_id=ann.id))
    assert service.user(ann).deleted_at == LATER


async def test_only_superusers_restore_superusers(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True, deleted_at=LATER))

    with pytest.raises(PermissionDenied):
        await service[RestoreUserHandler](RestoreUser(user_id=root.id), an_actor(*Permission))
    assert service.user(root).deleted_at == LATER


async def test_who_never_was_can_not_be_restored(service: Service) -> None:
    with pytest.raises(UserNotFound):
        await service[RestoreUserHandler](RestoreUser(user_id=a_user().id), SYSTEM)
