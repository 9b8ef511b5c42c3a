"""Changing accounts."""

import asyncio

import attrs
import pytest

from adapters.memory.tables import OF_MEMBERS
from application.users.update_user import UpdateUser, UpdateUserHandler
from application.users.views import UserView
from domain.access import ANONYMOUS, SYSTEM, NotAuthenticated, Permission, PermissionDenied, UserId
from domain.errors import Invalid, VersionMismatch
from domain.users import InactiveUser, LastSuperuser, UsernameTaken, UserNotFound
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor, new_id

SOMEONE = UserId(new_id())


async def test_users_change_their_own_names(service: Service) -> None:
    await service.add(ann := a_user())

    shown = await service[UpdateUserHandler](
        UpdateUser(user_id=ann.id, username="Anneliese", full_name=None),
        an_actor(user_id=ann.id),
    )

    changed = service.user(ann)
    assert changed == attrs.evolve(
        ann,
        username="anneliese",
        full_name=None,
        updated_at=service.clock.now(),
        version=ann.version + 1,
    )
    assert shown == UserView.of(changed, OF_MEMBERS)


async def test_what_was_not_sent_stays(service: Service) -> None:
    await service.add(ann := a_user(full_name="Ann Lee"))

    shown = await service[UpdateUserHandler](
        UpdateUser(user_id=ann.id, username="anneliese"), an_actor(user_id=ann.id)
    )

    assert shown.full_name == "Ann Lee"
    assert shown.is_active


async def test_with_the_permission_anyone_is_changed(service: Service) -> None:
    await service.add(ann := a_user())

    shown = await service[UpdateUserHandler](
        UpdateUser(user_id=ann.id, full_name="Ann Lee"), an_actor(Permission.USERS_UPDATE)
    )

    assert shown.full_name == "Ann Lee"


async def test_to_whom_may_not_see_accounts_there_is_none(service: Service) -> None:
    await service.add(ann := a_user())
    command = UpdateUser(user_id=ann.id, full_name="Ann Lee")

    with pytest.raises(UserNotFound):
        await service[UpdateUserHandler](command, an_actor())
    with pytest.raises(PermissionDenied):
        await service[UpdateUserHandler](command, an_actor(Permission.USERS_READ))
    with pytest.raises(NotAuthenticated):
        await service[UpdateUserHandler](command, ANONYMOUS)
    assert service.user(ann) == ann


@pytest.mark.parametrize(
    "change",
    [
        UpdateUser(user_id=SOMEONE, is_active=True),
        UpdateUser(user_id=SOMEONE, is_active=False),
        UpdateUser(user_id=SOMEONE, is_superuser=False),
    ],
    ids=["activate", "deactivate", "demote"],
)
async def test_users_do_not_set_their_own_rights(service: Service, change: UpdateUser) -> None:
    await service.add(ann := a_user())

    with pytest.raises(PermissionDenied):
        await service[UpdateUserHandler](
            attrs.evolve(change, user_id=ann.id), an_actor(user_id=ann.id)
        )
    assert service.user(ann) == ann


async def test_deactivating_ends_every_session(service: Service) -> None:
    await service.add(ann := a_user())
    caller = await service.actor(tokens := await service.sign_in(ann))
    await service.sign_in(ann)

    shown = await service[UpdateUserHandler](
        UpdateUser(user_id=ann.id, is_active=False), an_actor(Permission.USERS_UPDATE)
    )

    assert not shown.is_active
    assert service.live_sessions_of(ann) == []
    assert caller.session_id is not None
    with pytest.raises(InactiveUser):
        await service.actor(tokens)
    with pytest.raises(InactiveUser):
        await service.sign_in(ann)


async def test_activating_lets_a_user_back_in(service: Service) -> None:
    await service.add(ann := a_user(is_active=False))

    await service[UpdateUserHandler](
        UpdateUser(user_id=ann.id, is_active=True), an_actor(Permission.USERS_UPDATE)
    )

    await service.sign_in(ann)


async def test_only_superusers_make_and_unmake_superusers(service: Service) -> None:
    await service.add(ann := a_user(), a_user(is_superuser=True))
    almighty = an_actor(*Permission)

    for is_superuser in (True, False):
        command = UpdateUser(user_id=ann.id, is_superuser=is_superuser)
        with pytest.raises(PermissionDenied):
            await service[UpdateUserHandler](command, almighty)
        shown = await service[UpdateUserHandler](command, an_actor(is_superuser=True))
        assert shown.is_superuser is is_superuser


async def test_only_superusers_touch_superusers(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True))
    command = UpdateUser(user_id=root.id, full_name="Not Root")

    with pytest.raises(PermissionDenied):
        await service[UpdateUserHandler](command, an_actor(*Permission))
    assert service.user(root) == root


async def test_superusers_change_their_own_names(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True))

    shown = await service[UpdateUserHandler](
        UpdateUser(user_id=root.id, full_name="Root"), an_actor(user_id=root.id)
    )

    assert shown.full_name == "Root"
    assert shown.permissions == tuple(sorted(Permission))


@pytest.mark.parametrize(
    "change",
    [
        UpdateUser(user_id=SOMEONE, is_active=False),
        UpdateUser(user_id=SOMEONE, is_superuser=False),
    ],
    ids=["deactivate", "demote"],
)
async def test_the_last_superuser_stays(service: Service, change: UpdateUser) -> None:
    await service.add(
        root := a_user(is_superuser=True),
        a_user(is_superuser=True, is_active=False),
        a_user(is_superuser=True, deleted_at=LATER),
    )
    command = attrs.evolve(change, user_id=root.id)

    with pytest.raises(LastSuperuser):
        await service[UpdateUserHandler](command, SYSTEM)
    assert service.user(root) == root
    await service.add(a_user(is_superuser=True))
    await service[UpdateUserHandler](command, SYSTEM)


async def test_two_superusers_who_demote_each_other_leave_one(service: Service) -> None:
    ann, bob = a_user(is_superuser=True), a_user(is_superuser=True)
    await service.add(ann, bob)
    handler = service[UpdateUserHandler]

    outcomes = await asyncio.gather(
        handler(UpdateUser(user_id=ann.id, is_superuser=False), SYSTEM),
        handler(UpdateUser(user_id=bob.id, is_active=False), SYSTEM),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [UserView, LastSuperuser]


async def test_a_former_superuser_may_be_demoted(service: Service) -> None:
    await service.add(former := a_user(is_superuser=True, is_active=False))

    shown = await service[UpdateUserHandler](
        UpdateUser(user_id=former.id, is_superuser=False), SYSTEM
    )

    assert not shown.is_superuser


async def test_a_taken_username_is_refused(service: Service) -> None:
    await service.add(ann := a_user(), a_user(username="bob"))

    with pytest.raises(UsernameTaken):
        await service[UpdateUserHandler](UpdateUser(user_id=ann.id, username="BOB"), SYSTEM)
    assert service.user(ann) == ann


async def test_a_bad_name_is_refused(service: Service) -> None:
    await service.add(ann := a_user())

    with pytest.raises(Invalid):
        await service[UpdateUserHandler](UpdateUser(user_id=ann.id, username="a b"), SYSTEM)
    with pytest.raises(Invalid):
        await service[UpdateUserHandler](UpdateUser(user_id=ann.id, full_name="a\0"), SYSTEM)
    assert service.user(ann) == ann


async def test_a_stale_version_changes_nothing(service: Service) -> None:
    await service.add(ann := a_user(version=3))

    for other in (2, 4):
        command = UpdateUser(user_id=ann.id, full_name="Ann Lee", expected_versions={other})
        with pytest.raises(VersionMismatch):
            await service[UpdateUserHandler](command, SYSTEM)
    assert service.user(ann) == ann
    shown = await service[UpdateUserHandler](
        UpdateUser(user_id=ann.id, full_name="Ann Lee", expected_versions={3}), SYSTEM
    )
    assert shown.version == 4


async def test_the_deleted_can_not_be_changed(service: Service) -> None:
    await service.add(ann := a_user(deleted_at=LATER))

    with pytest.raises(UserNotFound):
        await service[UpdateUserHandler](UpdateUser(user_id=ann.id, full_name="Ann"), SYSTEM)
