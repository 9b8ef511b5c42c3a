"""Making accounts."""

import pytest

from adapters.memory.tables import OF_MEMBERS
from application.users.register_user import RegisterUser, RegisterUserHandler, SignUp
from application.users.views import UserView
from domain.access import (
    ADMIN,
    ANONYMOUS,
    MEMBER,
    SYSTEM,
    Actor,
    NotAuthenticated,
    Permission,
    PermissionDenied,
    RoleName,
    RoleNotFound,
)
from domain.errors import Invalid
from domain.passwords import Password
from domain.users import EmailTaken, UsernameTaken
from tests.application.service import Service
from tests.builders import LATER, a_role, a_user, an_actor

PASSWORD = Password("correct horse")


async def register(service: Service, command: RegisterUser, actor: Actor = ANONYMOUS) -> UserView:
    return await service[RegisterUserHandler](command, actor)


async def test_a_stranger_signs_up(service: Service) -> None:
    shown = await register(
        service,
        RegisterUser(
            email="Ann@Example.com", password=PASSWORD, username="Ann", full_name="Ann Lee"
        ),
    )

    [stored] = service.stored.users.scan()
    assert (stored.email, stored.username, stored.full_name) == (
        "Ann@Example.com",
        "ann",
        "Ann Lee",
    )
    assert stored.password_hash == "plain:correct horse"
    assert stored.created_at == stored.updated_at == service.clock.now()
    assert shown == UserView.of(stored, OF_MEMBERS)


async def test_a_stranger_becomes_an_active_unverified_member(service: Service) -> None:
    shown = await register(service, RegisterUser(email="ann@example.com", password=PASSWORD))

    assert shown.is_active
    assert not shown.is_superuser
    assert not shown.email_verified
    assert shown.roles == (MEMBER,)
    assert shown.permissions == tuple(sorted(OF_MEMBERS))
    assert shown.version == 1


async def test_strangers_stay_outside_where_sign_up_is_closed(service: Service) -> None:
    service.use(SignUp, SignUp(is_open=False))
    command = RegisterUser(email="ann@example.com", password=PASSWORD)

    with pytest.raises(NotAuthenticated):
        await register(service, command, ANONYMOUS)
    with pytest.raises(PermissionDenied):
        await register(service, command, an_actor(Permission.USERS_READ))
    assert not list(service.stored.users.scan())


async def test_the_permission_opens_what_is_closed(service: Service) -> None:
    service.use(SignUp, SignUp(is_open=False))
    command = RegisterUser(email="ann@example.com", password=PASSWORD)

    shown = await register(service, command, an_actor(Permission.USERS_CREATE))

    assert shown.email == "ann@example.com"


@pytest.mark.parametrize("actor", [ANONYMOUS, an_actor(Permission.USERS_UPDATE)])
@pytest.mark.parametrize(
    "command",
    [
        RegisterUser(email="ann@example.com", password=PASSWORD, is_active=True),
        RegisterUser(email="ann@example.com", password=PASSWORD, is_superuser=False),
        RegisterUser(email="ann@example.com", password=PASSWORD, roles=[]),
    ],
    ids=["is_active", "is_superuser", "roles"],
)
async def test_rights_are_not_for_strangers_to_set(
    service: Service, command: RegisterUser, actor: Actor
) -> None:
    with pytest.raises(PermissionDenied):
        await register(service, command, actor)
    assert not list(service.stored.users.scan())


async def test_with_the_permission_rights_are_set(service: Service) -> None:
    actor = an_actor(Permission.USERS_CREATE, Permission.USERS_READ, Permission.USERS_UPDATE)
    await service.add(editors := a_role())

    shown = await register(
        service,
        RegisterUser(
            email="ann@example.com", password=PASSWORD, is_active=False, roles=[editors.name]
        ),
        actor,
    )

    assert not shown.is_active
    assert shown.roles == (editors.name,)
    assert shown.permissions == (Permission.USERS_READ, Permission.USERS_UPDATE)


async def test_nobody_gives_away_what_they_lack(service: Service) -> None:
    actor = an_actor(Permission.USERS_CREATE, Permission.USERS_READ)
    command = RegisterUser(email="ann@example.com", password=PASSWORD, roles=[ADMIN])

    with pytest.raises(PermissionDenied):
        await register(service, command, actor)
    assert not list(service.stored.users.scan())


async def test_only_superusers_make_superusers(service: Service) -> None:
    command = RegisterUser(email="ann@example.com", password=PASSWORD, is_superuser=True)

    with pytest.raises(PermissionDenied):
        await register(service, command, an_actor(*Permission))
    shown = await register(service, command, SYSTEM)

    assert shown.is_superuser
    assert shown.permissions == tuple(sorted(Permission))


async def test_an_unknown_role_is_refused(service: Service) -> None:
    command = RegisterUser(email="ann@example.com", password=PASSWORD, roles=[RoleName("unknown")])

    with pytest.raises(RoleNotFound):
        await register(service, command, SYSTEM)


@pytest.mark.parametrize("email", ["ANN@bücher.example", "ann@xn--bcher-kva.example"])
async def test_a_taken_email_is_refused_however_it_is_written(service: Service, email: str) -> None:
    await service.add(a_user(email="Ann@Bücher.example"))

    with pytest.raises(EmailTaken):
        await register(service, RegisterUser(email=email, password=PASSWORD))


async def test_the_email_of_a_deleted_account_stays_reserved(service: Service) -> None:
    await service.add(a_user(email="ann@example.com", deleted_at=LATER))

    with pytest.raises(EmailTaken):
        await register(service, RegisterUser(email="ann@example.com", password=PASSWORD))


async def test_a_taken_username_that_was_asked_for_is_refused(service: Service) -> None:
    await service.add(a_user(username="ann"))
    command = RegisterUser(email="ann@example.com", password=PASSWORD, username="ANN")

    with pytest.raises(UsernameTaken):
        await register(service, command)


async def test_a_taken_username_that_was_not_asked_for_is_varied(service: Service) -> None:
    await service.add(a_user(username="ann"))

    shown = await register(service, RegisterUser(email="ann@example.com", password=PASSWORD))

    assert shown.username == f"ann-{shown.id.hex[-8:]}"


async def test_a_made_username_fits_however_long_the_email_is(service: Service) -> None:
    emails = ["x" * 64 + "@example.com", "x" * 64 + "@example.org"]

    names = [
        (await register(service, RegisterUser(email=email, password=PASSWORD))).username
        for email in emails
    ]

    assert len(set(names)) == 2
    assert max(map(len, names)) == 50


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "too_short"), ("x" * 129, "too_long"), ("password1", "weak_password")],
)
async def test_a_bad_password_is_refused(service: Service, password: str, code: str) -> None:
    command = RegisterUser(email="ann@example.com", password=Password(password))

    with pytest.raises(Invalid) as refusal:
        await register(service, command)

    assert refusal.value.errors[0].field == "password"
    assert refusal.value.errors[0].code == code
    assert not list(service.stored.users.scan())


@pytest.mark.parametrize("password", ["ann.lee@example.com", "anneliese", "Anneliese Lee"])
async def test_a_password_that_repeats_the_account_is_refused(
    service: Service, password: str
) -> None:
    command = RegisterUser(
        email="ann.lee@example.com",
        password=Password(password),
        username="anneliese",
        full_name="Anneliese Lee",
    )

    with pytest.raises(Invalid):
        await register(service, command)
