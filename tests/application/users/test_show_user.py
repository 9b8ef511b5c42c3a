"""Showing and finding one account."""

import pytest

from adapters.memory.tables import OF_MEMBERS
from application.users.find_user import FindUser, FindUserHandler
from application.users.get_user import GetUser, GetUserHandler
from application.users.views import UserView
from domain.access import ANONYMOUS, SYSTEM, NotAuthenticated, Permission, PermissionDenied
from domain.users import UserNotFound
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor


async def test_users_see_themselves(service: Service) -> None:
    await service.add(ann := a_user(last_login_at=LATER))

    shown = await service[GetUserHandler](GetUser(user_id=ann.id), an_actor(user_id=ann.id))

    assert shown == UserView.of(ann, OF_MEMBERS)


async def test_the_permission_shows_everyone(service: Service) -> None:
    await service.add(ann := a_user())

    shown = await service[GetUserHandler](GetUser(user_id=ann.id), an_actor(Permission.USERS_READ))

    assert shown.id == ann.id


async def test_anothers_account_is_like_none(service: Service) -> None:
    await service.add(ann := a_user())

    for user in (ann, a_user()):
        with pytest.raises(UserNotFound):
            await service[GetUserHandler](GetUser(user_id=user.id), an_actor())
    with pytest.raises(NotAuthenticated):
        await service[GetUserHandler](GetUser(user_id=ann.id), ANONYMOUS)


async def test_the_deleted_are_not_shown(service: Service) -> None:
    await service.add(ann := a_user(deleted_at=LATER))

    with pytest.raises(UserNotFound):
        await service[GetUserHandler](GetUser(user_id=ann.id), SYSTEM)


async def test_an_account_is_found_by_whatever_names_it(service: Service) -> None:
    await service.add(ann := a_user(email="ann@bücher.example", username="anneliese"), a_user())

    for name in ("ANN@xn--bcher-kva.example", " Anneliese ", str(ann.id), ann.id.hex.upper()):
        shown = await service[FindUserHandler](FindUser(name=name), SYSTEM)
        assert shown.id == ann.id


@pytest.mark.parametrize(
    "name", ["", "bob", "bob@example.com", "ann@", "a" * 500, "\0", "\ud800", "@"]
)
async def test_who_is_not_there_is_not_found(service: Service, name: str) -> None:
    await service.add(a_user(username="ann"))

    with pytest.raises(UserNotFound):
        await service[FindUserHandler](FindUser(name=name), SYSTEM)


async def test_a_username_that_looks_like_an_id_hides_nobody(service: Service) -> None:
    await service.add(ann := a_user())
    await service.add(a_user(username=str(ann.id)))

    shown = await service[FindUserHandler](FindUser(name=str(ann.id)), SYSTEM)

    assert shown.id == ann.id


async def test_the_deleted_are_found_among_the_deleted_only(service: Service) -> None:
    await service.add(gone := a_user(username="gone", deleted_at=LATER), a_user(username="here"))

    shown = await service[FindUserHandler](FindUser(name="gone", deleted=True), SYSTEM)

    assert shown.id == gone.id
    with pytest.raises(UserNotFound):
        await service[FindUserHandler](FindUser(name="gone"), SYSTEM)
    with pytest.raises(UserNotFound):
        await service[FindUserHandler](FindUser(name="here", deleted=True), SYSTEM)


async def test_finding_takes_the_permission(service: Service) -> None:
    await service.add(a_user(username="ann"))

    with pytest.raises(PermissionDenied):
        await service[FindUserHandler](FindUser(name="ann"), an_actor())
    with pytest.raises(NotAuthenticated):
        await service[FindUserHandler](FindUser(name="ann"), ANONYMOUS)
