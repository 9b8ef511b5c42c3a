"""Deleting one's own account."""

import pytest

from application.users.delete_own_account import DeleteOwnAccount, DeleteOwnAccountHandler
from application.users.ports import PasswordHasher
from domain.access import ANONYMOUS, SYSTEM, NotAuthenticated
from domain.errors import VersionMismatch
from domain.passwords import Password, WrongPassword
from domain.users import LastSuperuser, UserNotFound
from tests.application.meddling import MeddlingHasher
from tests.application.service import Service
from tests.builders import a_user, an_actor

DELETE = DeleteOwnAccount(password=Password("correct horse"))


async def test_the_account_is_gone_and_its_sessions_end(service: Service) -> None:
    await service.add(ann := a_user())
    here = await service.actor(await service.sign_in(ann))
    await service.sign_in(ann)

    await service[DeleteOwnAccountHandler](DELETE, here)

    assert service.user(ann).deleted_at == service.clock.now()
    assert service.live_sessions_of(ann) == []
    with pytest.raises(UserNotFound):
        await service[DeleteOwnAccountHandler](DELETE, here)


async def test_a_wrong_password_deletes_nothing(service: Service) -> None:
    await service.add(ann := a_user())
    command = DeleteOwnAccount(password=Password("wrong horse"))

    with pytest.raises(WrongPassword):
        await service[DeleteOwnAccountHandler](command, an_actor(user_id=ann.id))

    assert service.user(ann).deleted_at is None


async def test_a_password_that_changes_meanwhile_deletes_nothing(service: Service) -> None:
    await service.add(ann := a_user())

    async def change_it_elsewhere() -> None:
        async with service.database() as uow:
            user = await uow.users.get(ann.id)
            user.change_password("plain:changed elsewhere", at=service.clock.now())
            await uow.users.save(user)
            await uow.commit()

    service.use(PasswordHasher, MeddlingHasher(change_it_elsewhere))

    with pytest.raises(WrongPassword):
        await service[DeleteOwnAccountHandler](DELETE, an_actor(user_id=ann.id))
    assert service.user(ann).deleted_at is None


async def test_a_stale_version_deletes_nothing(service: Service) -> None:
    await service.add(ann := a_user(version=3))
    stale, current = (
        DeleteOwnAccount(password=DELETE.password, expected_versions={version})
        for version in (2, 3)
    )

    with pytest.raises(VersionMismatch):
        await service[DeleteOwnAccountHandler](stale, an_actor(user_id=ann.id))
    assert service.user(ann).deleted_at is None
    await service[DeleteOwnAccountHandler](current, an_actor(user_id=ann.id))
    assert service.user(ann).deleted_at is not None


async def test_the_last_superuser_stays(service: Service) -> None:
    root = a_user(is_superuser=True)
    await service.add(root, a_user(is_superuser=True, is_active=False), a_user())

    with pytest.raises(LastSuperuser):
        await service[DeleteOwnAccountHandler](DELETE, an_actor(user_id=root.id, is_superuser=True))
    assert service.user(root).deleted_at is None


async def test_one_of_two_superusers_may_go(service: Service) -> None:
    root, other = a_user(is_superuser=True), a_user(is_superuser=True)
    await service.add(root, other)

    await service[DeleteOwnAccountHandler](DELETE, an_actor(user_id=root.id, is_superuser=True))

    assert service.user(root).deleted_at is not None


async def test_who_is_no_user_has_no_account(service: Service) -> None:
    for actor in (ANONYMOUS, SYSTEM):
        with pytest.raises(NotAuthenticated):
            await service[DeleteOwnAccountHandler](DELETE, actor)
