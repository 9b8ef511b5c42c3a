"""Changing one's own password."""

import attrs
import pytest

from application.users.change_password import ChangePassword, ChangePasswordHandler
from application.users.ports import PasswordHasher
from domain.access import ANONYMOUS, NotAuthenticated
from domain.auth import InvalidCredentials
from domain.errors import Invalid
from domain.passwords import Password, WrongPassword
from domain.users import UserNotFound
from tests.application.meddling import MeddlingHasher
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor

OLD = Password("correct horse")
NEW = Password("battery staple")
CHANGE = ChangePassword(current_password=OLD, new_password=NEW)


async def test_the_new_password_takes_the_old_ones_place(service: Service) -> None:
    await service.add(ann := a_user())

    await service[ChangePasswordHandler](CHANGE, an_actor(user_id=ann.id))

    changed = service.user(ann)
    assert changed.password_hash == "plain:battery staple"
    assert changed.updated_at == service.clock.now()
    assert changed.version == ann.version + 1
    with pytest.raises(InvalidCredentials):
        await service.sign_in(ann)


async def test_every_other_session_ends(service: Service) -> None:
    await service.add(ann := a_user(), bob := a_user())
    here = await service.actor(await service.sign_in(ann))
    await service.sign_in(ann)
    await service.sign_in(ann)
    await service.sign_in(bob)

    await service[ChangePasswordHandler](CHANGE, here)

    assert [session.id for session in service.live_sessions_of(ann)] == [here.session_id]
    assert len(service.live_sessions_of(bob)) == 1


async def test_a_wrong_password_changes_nothing(service: Service) -> None:
    await service.add(ann := a_user())
    here = await service.actor(await service.sign_in(ann))
    await service.sign_in(ann)
    change = attrs.evolve(CHANGE, current_password=Password("wrong horse"))

    with pytest.raises(WrongPassword):
        await service[ChangePasswordHandler](change, here)

    assert service.user(ann).password_hash == ann.password_hash
    assert len(service.live_sessions_of(ann)) == 2


async def test_an_account_without_a_password_has_none_to_repeat(service: Service) -> None:
    await service.add(ann := a_user(password_hash=None))

    with pytest.raises(WrongPassword):
        await service[ChangePasswordHandler](CHANGE, an_actor(user_id=ann.id))


async def test_of_two_changes_at_once_the_later_one_is_refused(service: Service) -> None:
    await service.add(ann := a_user())

    async def change_it_elsewhere() -> None:
        async with service.database() as uow:
            user = await uow.users.get(ann.id)
            user.change_password("plain:changed elsewhere", at=service.clock.now())
            await uow.users.save(user)
            await uow.commit()

    service.use(PasswordHasher, MeddlingHasher(change_it_elsewhere))

    with pytest.raises(WrongPassword):
        await service[ChangePasswordHandler](CHANGE, an_actor(user_id=ann.id))
    assert service.user(ann).password_hash == "plain:changed elsewhere"


@pytest.mark.parametrize(
    ("password", "code"), [("short", "too_short"), ("password1", "weak_password")]
)
async def test_a_bad_new_password_is_refused(service: Service, password: str, code: str) -> None:
    await service.add(ann := a_user())
    change = attrs.evolve(CHANGE, new_password=Password(password))

    with pytest.raises(Invalid) as refusal:
        await service[ChangePasswordHandler](change, an_actor(user_id=ann.id))

    assert refusal.value.errors[0].field == "new_password"
    assert refusal.value.errors[0].code == code


async def test_the_account_may_not_be_repeated_in_the_password(service: Service) -> None:
    await service.add(ann := a_user(full_name="Anneliese Lee"))
    change = attrs.evolve(CHANGE, new_password=Password("anneliese lee"))

    with pytest.raises(Invalid):
        await service[ChangePasswordHandler](change, an_actor(user_id=ann.id))


async def test_only_users_have_a_password_to_change(service: Service) -> None:
    await service.add(deleted := a_user(deleted_at=LATER))

    with pytest.raises(NotAuthenticated):
        await service[ChangePasswordHandler](CHANGE, ANONYMOUS)
    with pytest.raises(UserNotFound):
        await service[ChangePasswordHandler](CHANGE, an_actor(user_id=deleted.id))


async def test_callers_of_the_ended_sessions_are_refused_at_once(service: Service) -> None:
    await service.add(ann := a_user())
    here = await service.actor(await service.sign_in(ann))
    elsewhere = await service.actor(await service.sign_in(ann))
    assert here.session_id is not None
    assert elsewhere.session_id is not None

    await service[ChangePasswordHandler](CHANGE, here)

    kept = await service.callers.find(here.session_id)
    ended = await service.callers.find(elsewhere.session_id)
    assert kept is not None
    assert ended is not None
    assert kept.revoked_at is None
    assert ended.revoked_at == service.clock.now()
