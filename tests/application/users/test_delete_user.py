"""Deleting another's account."""

import asyncio

import pytest

from application.users.delete_user import DeleteUser, DeleteUserHandler
from domain.access import (
    ANONYMOUS,
    SYSTEM,
    NotAuthenticated,
    Origin,
    Permission,
    PermissionDenied,
)
from domain.errors import VersionMismatch
from domain.users import LastSuperuser, UserNotFound
from tests.application.mails import mails
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor


async def test_a_deleted_account_is_gone_and_its_sessions_end(service: Service) -> None:
    await service.add(ann := a_user(), bob := a_user())
    for user in (ann, ann, bob):
        await service.sign_in(user)

    await service[DeleteUserHandler](DeleteUser(user_id=ann.id), an_actor(Permission.USERS_DELETE))

    deleted = service.user(ann)
    assert deleted.deleted_at == deleted.updated_at == service.clock.now()
    assert deleted.version == ann.version + 1
    assert service.live_sessions_of(ann) == []
    assert len(service.live_sessions_of(bob)) == 1


async def test_the_owner_is_told_and_sent_no_link_that_would_not_work(service: Service) -> None:
    await service.add(ann := a_user())
    administrator = an_actor(Permission.USERS_DELETE).calling_from(
        lambda: Origin(address="203.0.113.9", user_agent="the administrator's")
    )

    await service[DeleteUserHandler](DeleteUser(user_id=ann.id), administrator)

    [mail] = mails(service)
    assert (mail.to, mail.template, mail.link) == (ann.email, "user_deleted", None)
    assert {"203.0.113.9", "the administrator's"}.isdisjoint(mail.values.values())


async def test_deleting_twice_finds_nobody(service: Service) -> None:
    await service.add(ann := a_user(deleted_at=LATER))

    for unknown in (ann, a_user()):
        with pytest.raises(UserNotFound):
            await service[DeleteUserHandler](DeleteUser(user_id=unknown.id), SYSTEM)


async def test_to_whom_may_not_see_accounts_there_is_none(service: Service) -> None:
    await service.add(ann := a_user())
    command = DeleteUser(user_id=ann.id)

    with pytest.raises(UserNotFound):
        await service[DeleteUserHandler](command, an_actor(Permission.ROLES_DELETE))
    with pytest.raises(PermissionDenied):
        await service[DeleteUserHandler](command, an_actor(Permission.USERS_READ))
    with pytest.raises(NotAuthenticated):
        await service[DeleteUserHandler](command, ANONYMOUS)
    assert service.user(ann).deleted_at is None


async def test_ones_own_account_takes_the_password_or_the_permission(service: Service) -> None:
    await service.add(ann := a_user())
    command = DeleteUser(user_id=ann.id)

    with pytest.raises(PermissionDenied):
        await service[DeleteUserHandler](command, an_actor(user_id=ann.id))
    await service[DeleteUserHandler](command, an_actor(Permission.USERS_DELETE, user_id=ann.id))

    assert service.user(ann).deleted_at is not None


async def test_a_stale_version_deletes_nothing(service: Service) -> None:
    await service.add(ann := a_user(version=3))

    with pytest.raises(VersionMismatch):
        await service[DeleteUserHandler](DeleteUser(user_id=ann.id, expected_versions={2}), SYSTEM)
    assert service.user(ann).deleted_at is None
    await service[DeleteUserHandler](DeleteUser(user_id=ann.id, expected_versions={3}), SYSTEM)
    assert service.user(ann).deleted_at is not None


async def test_only_superusers_delete_superusers(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True), a_user(is_superuser=True))
    command = DeleteUser(user_id=root.id)

    with pytest.raises(PermissionDenied):
        await service[DeleteUserHandler](command, an_actor(*Permission))
    await service[DeleteUserHandler](command, an_actor(is_superuser=True))

    assert service.user(root).deleted_at is not None


async def test_the_last_superuser_stays(service: Service) -> None:
    await service.add(
        root := a_user(is_superuser=True),
        a_user(),
        a_user(is_superuser=True, is_active=False),
        a_user(is_superuser=True, deleted_at=LATER),
    )

    with pytest.raises(LastSuperuser):
        await service[DeleteUserHandler](DeleteUser(user_id=root.id), SYSTEM)
    assert service.user(root).deleted_at is None


async def test_an_inactive_superuser_is_not_the_last(service: Service) -> None:
    await service.add(former := a_user(is_superuser=True, is_active=False))

    await service[DeleteUserHandler](DeleteUser(user_id=former.id), SYSTEM)

    assert service.user(former).deleted_at is not None


async def test_two_superusers_who_delete_each_other_leave_one(service: Service) -> None:
    ann, bob = a_user(is_superuser=True), a_user(is_superuser=True)
    await service.add(ann, bob)
    handler = service[DeleteUserHandler]

    outcomes = await asyncio.gather(
        handler(DeleteUser(user_id=bob.id), an_actor(user_id=ann.id, is_superuser=True)),
        handler(DeleteUser(user_id=ann.id), an_actor(user_id=bob.id, is_superuser=True)),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [type(None), LastSuperuser]
    assert [service.user(user).deleted_at is None for user in (ann, bob)] == [True, False]
