"""Giving a fresh installation its first superuser."""

import pytest

from application.users.make_first_superuser import MakeFirstSuperuser, MakeFirstSuperuserHandler
from application.users.register_user import SignUp
from domain.access import ANONYMOUS, SYSTEM, NotAuthenticated, PermissionDenied
from domain.errors import Invalid
from domain.passwords import Password
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor

FIRST = MakeFirstSuperuser(email="root@example.com", password=Password("correct horse"))


async def test_the_first_superuser_is_made_also_where_sign_up_is_closed(service: Service) -> None:
    service.use(SignUp, SignUp(is_open=False))

    assert await service[MakeFirstSuperuserHandler](FIRST, SYSTEM) is True

    [root] = service.stored.users.scan()
    assert root.holds_the_service
    assert root.email == "root@example.com"
    await service.sign_in(root)


async def test_there_is_no_second_first(service: Service) -> None:
    await service.add(a_user(is_superuser=True))

    assert await service[MakeFirstSuperuserHandler](FIRST, SYSTEM) is False
    assert len(list(service.stored.users.scan())) == 1


async def test_former_superusers_do_not_count(service: Service) -> None:
    await service.add(
        a_user(is_superuser=True, is_active=False), a_user(is_superuser=True, deleted_at=LATER)
    )

    assert await service[MakeFirstSuperuserHandler](FIRST, SYSTEM) is True


async def test_a_weak_password_is_not_even_good_enough_for_the_first(service: Service) -> None:
    weak = MakeFirstSuperuser(email="root@example.com", password=Password("password1"))

    with pytest.raises(Invalid):
        await service[MakeFirstSuperuserHandler](weak, SYSTEM)
    assert not list(service.stored.users.scan())


async def test_nobody_else_makes_the_first_superuser(service: Service) -> None:
    with pytest.raises(PermissionDenied):
        await service[MakeFirstSuperuserHandler](FIRST, an_actor())
    with pytest.raises(NotAuthenticated):
        await service[MakeFirstSuperuserHandler](FIRST, ANONYMOUS)
