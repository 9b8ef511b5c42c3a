"""Setting another's password from the operator's chair."""

import pytest

from application.users.set_password import SetPassword, SetPasswordHandler
from domain.access import ANONYMOUS, SYSTEM, NotAuthenticated, Permission, PermissionDenied
from domain.errors import Invalid
from domain.passwords import Password
from domain.users import UserNotFound
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor

NEW = Password("battery staple")


async def test_the_system_sets_a_password_and_every_session_ends(service: Service) -> None:
    await service.add(ann := a_user())
    await service.sign_in(ann)
    await service.sign_in(ann)

    await service[SetPasswordHandler](SetPassword(user_id=ann.id, password=NEW), SYSTEM)

    assert service.user(ann).password_hash == "plain:battery staple"
    assert service.live_sessions_of(ann) == []


async def test_only_superusers_set_anothers_password(service: Service) -> None:
    await service.add(ann := a_user())
    command = SetPassword(user_id=ann.id, password=NEW)

    with pytest.raises(PermissionDenied):
        await service[SetPasswordHandler](command, an_actor(*Permission))
    with pytest.raises(NotAuthenticated):
        await service[SetPasswordHandler](command, ANONYMOUS)
    await service[SetPasswordHandler](command, an_actor(is_superuser=True))

    assert service.user(ann).password_hash == "plain:battery staple"


@pytest.mark.parametrize("password", ["short", "password1", "anneliese"])
async def test_a_bad_password_is_refused(service: Service, password: str) -> None:
    await service.add(ann := a_user(username="anneliese"))
    command = SetPassword(user_id=ann.id, password=Password(password))

    with pytest.raises(Invalid) as refusal:
        await service[SetPasswordHandler](command, SYSTEM)

    assert refusal.value.errors[0].field == "password"
    assert service.user(ann).password_hash == ann.password_hash


async def test_the_deleted_get_no_password(service: Service) -> None:
    await service.add(deleted := a_user(deleted_at=LATER))

    for unknown in (deleted, a_user()):
        command = SetPassword(user_id=unknown.id, password=NEW)
        with pytest.raises(UserNotFound):
            await service[SetPasswordHandler](command, SYSTEM)
