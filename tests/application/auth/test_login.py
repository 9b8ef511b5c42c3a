"""Signing in with a password."""

from collections.abc import Callable
from datetime import datetime, timedelta

import attrs
import pytest

from adapters.memory.security import PlainPasswordHasher
from application.auth.login import Login, LoginHandler
from application.auth.ports import Credentials, CredentialsReader
from application.users.ports import PasswordHasher
from domain.access import ANONYMOUS, Actor, Origin
from domain.auth import FAMILIAR_FOR, InvalidCredentials, SessionLifetime
from domain.errors import Unavailable
from domain.one_time_tokens import TokenPurpose
from domain.passwords import Password
from domain.users import InactiveUser, User
from tests.application.mails import mails
from tests.application.meddling import MeddlingHasher
from tests.application.service import Service
from tests.builders import LATER, UPDATED, a_role, a_user

RIGHT = Password("correct horse")
WRONG = Password("wrong horse")


@pytest.mark.parametrize(
    "name", ["ann@bücher.example", " ANN@xn--bcher-kva.example ", "anneliese", " Anneliese "]
)
async def test_an_email_or_a_username_will_do(service: Service, name: str) -> None:
    await service.add(ann := a_user(email="Ann@Bücher.example", username="anneliese"))

    tokens = await service[LoginHandler](Login(name=name, password=RIGHT), ANONYMOUS)

    assert (await service.actor(tokens)).user_id == ann.id


async def test_signing_in_opens_a_session_on_the_device(service: Service) -> None:
    service.use(SessionLifetime, SessionLifetime(absolute=timedelta(days=9)))
    await service.add(ann := a_user())
    origin = Origin(address="203.0.113.9", user_agent="curl/8")

    login = Login(name=ann.username, password=RIGHT)
    await service[LoginHandler](login, ANONYMOUS.calling_from(lambda: origin))

    [session] = service.live_sessions_of(ann)
    assert (session.ip, session.user_agent) == ("203.0.113.9", "curl/8")
    assert session.created_at == session.last_used_at == service.clock.now()
    assert session.expires_at == service.clock.now() + timedelta(days=9)


async def test_each_sign_in_is_a_session_of_its_own(service: Service) -> None:
    await service.add(ann := a_user())

    first, second = await service.sign_in(ann), await service.sign_in(ann)

    assert first.refresh_token != second.refresh_token
    assert len(service.live_sessions_of(ann)) == 2


async def test_the_tokens_say_what_they_are_good_for(service: Service) -> None:
    await service.add(editors := a_role(), ann := a_user(roles=frozenset({editors.name})))
    await service.add(root := a_user(is_superuser=True))

    tokens = await service.sign_in(ann)

    assert tokens.scope == "users:read users:update"
    assert tokens.expires_in == 15 * 60
    assert tokens.access_token not in repr(tokens)
    assert tokens.refresh_token not in repr(tokens)
    assert "roles:assign" in (await service.sign_in(root)).scope.split()


async def test_the_sign_in_is_noted_and_is_no_change_of_the_account(service: Service) -> None:
    await service.add(ann := a_user(last_login_at=UPDATED, version=3))

    await service.sign_in(ann)

    noted = service.user(ann)
    assert noted.last_login_at == service.clock.now()
    assert noted.version == 3
    assert noted.updated_at == ann.updated_at


async def refused(service: Service, name: str, password: Password) -> str:
    with pytest.raises(InvalidCredentials) as refusal:
        await service[LoginHandler](Login(name=name, password=password), ANONYMOUS)
    return refusal.value.detail


async def test_an_unknown_name_and_a_wrong_password_are_refused_alike(service: Service) -> None:
    await service.add(a_user(username="ann"), a_user(username="new", password_hash=None))
    await service.add(a_user(username="gone", deleted_at=LATER))

    details = {
        await refused(service, "ann", WRONG),
        await refused(service, "bob", RIGHT),
        await refused(service, "bob@example.com", RIGHT),
        await refused(service, "new", RIGHT),
        await refused(service, "gone", RIGHT),
    }

    assert len(details) == 1
    assert not list(service.stored.sessions.scan())


@pytest.mark.parametrize("name", ["", "@", "a" * 10_000, "ann\0", "\ud800", "ann@\ud800", "%"])
async def test_odd_names_are_unknown_names(service: Service, name: str) -> None:
    await service.add(a_user(username="ann"))

    await refused(service, name, RIGHT)


@pytest.mark.parametrize("text", ["", "x" * 129, "\0", "correct horse\ud800", "x" * 1_000_000])
async def test_odd_passwords_are_wrong_passwords(service: Service, text: str) -> None:
    await service.add(ann := a_user())

    await refused(service, ann.username, Password(text))


async def test_every_keyboard_spells_the_password_alike(service: Service) -> None:
    await service.add(ann := a_user(password_hash="plain:éclair au café"))

    password = Password("e\u0301clair au cafe\u0301")
    await service[LoginHandler](Login(name=ann.username, password=password), ANONYMOUS)


async def test_the_inactive_learn_so_after_the_right_password(service: Service) -> None:
    await service.add(ann := a_user(is_active=False))

    with pytest.raises(InactiveUser):
        await service.sign_in(ann)
    await refused(service, ann.username, WRONG)
    assert service.user(ann).last_login_at == ann.last_login_at
    assert not list(service.stored.sessions.scan())


async def test_an_outdated_hash_is_made_anew(service: Service) -> None:
    await service.add(ann := a_user(password_hash="outdated:correct horse"))

    await service.sign_in(ann)

    rehashed = service.user(ann)
    assert rehashed.password_hash == "plain:correct horse"
    assert rehashed.version == ann.version


async def test_an_outdated_hash_stays_where_the_password_was_wrong(service: Service) -> None:
    await service.add(ann := a_user(password_hash="outdated:correct horse"))

    await refused(service, ann.username, WRONG)

    assert service.user(ann) == ann


async def test_a_password_that_changes_meanwhile_is_wrong(service: Service) -> None:
    await service.add(ann := a_user(password_hash="outdated:correct horse"))

    def change(user: User) -> None:
        user.change_password("plain:battery staple", at=LATER)

    meddle(service, ann, change)

    await refused(service, ann.username, RIGHT)
    assert service.user(ann).password_hash == "plain:battery staple"
    assert service.live_sessions_of(ann) == []


async def test_an_account_that_is_deleted_meanwhile_is_unknown(service: Service) -> None:
    await service.add(ann := a_user())
    meddle(service, ann, lambda user: user.delete(at=LATER))

    await refused(service, ann.username, RIGHT)


async def test_an_account_that_is_deactivated_meanwhile_is_inactive(service: Service) -> None:
    await service.add(ann := a_user())
    meddle(service, ann, lambda user: user.deactivate(at=LATER))

    with pytest.raises(InactiveUser):
        await service.sign_in(ann)
    assert service.live_sessions_of(ann) == []


def meddle(service: Service, ann: User, change: Callable[[User], None]) -> None:
    """While a password is being checked, its account changes."""

    async def meanwhile() -> None:
        async with service.database() as uow:
            user = await uow.users.get(ann.id)
            change(user)
            await uow.users.save(user)
            await uow.commit()

    service.use(PasswordHasher, MeddlingHasher(meanwhile))


@attrs.frozen
class BusyHasher(PlainPasswordHasher):
    async def must_have_room(self) -> None:
        raise Unavailable(retry_after=1)


@attrs.frozen
class UnaskedCredentials:
    async def find(self, name: str, origin: Origin, *, at: datetime) -> Credentials | None:
        raise AssertionError(f"{name} was looked up from {origin} at {at}")


async def test_who_comes_while_too_many_wait_costs_nothing(service: Service) -> None:
    service.use(PasswordHasher, BusyHasher())
    service.use(CredentialsReader, UnaskedCredentials())

    with pytest.raises(Unavailable):
        await service[LoginHandler](Login(name="ann", password=RIGHT), ANONYMOUS)


HOME = Origin(address="203.0.113.9", user_agent="Mozilla/5.0 (X11; Linux) Firefox/132.0")
UPDATED_AT_HOME = attrs.evolve(HOME, user_agent="Mozilla/5.0 (X11; Linux) Firefox/133.0")
ELSEWHERE = attrs.evolve(HOME, address="198.51.100.4")
OTHER_DEVICE = attrs.evolve(HOME, user_agent="curl/8.5.0")


def calling_from(origin: Origin) -> Actor:
    return ANONYMOUS.calling_from(lambda: origin)


async def told_of(service: Service, user: User, *origins: Origin) -> list[str]:
    """What the owner is mailed of sign-ins from there, one after the other."""
    for origin in origins:
        login = Login(name=user.username, password=RIGHT)
        await service[LoginHandler](login, calling_from(origin))
    return [mail.template for mail in mails(service)]


@pytest.mark.parametrize("stranger", [ELSEWHERE, OTHER_DEVICE])
async def test_a_sign_in_from_a_new_device_or_place_is_told_once(
    service: Service, stranger: Origin
) -> None:
    await service.add(ann := a_user())

    assert await told_of(service, ann, HOME, HOME, UPDATED_AT_HOME) == []
    assert await told_of(service, ann, stranger) == ["new_device"]
    assert await told_of(service, ann, stranger, HOME) == ["new_device"]
    [mail] = mails(service)
    assert mail.to == ann.email
    assert mail.link is not None
    assert mail.link.purpose is TokenPurpose.NOT_ME


async def test_a_device_is_forgotten_in_the_end(service: Service) -> None:
    await service.add(ann := a_user())
    await told_of(service, ann, HOME)
    service.clock.advance(FAMILIAR_FOR)

    assert await told_of(service, ann, HOME) == ["new_device"]


async def test_a_refused_sign_in_makes_no_device_known(service: Service) -> None:
    await service.add(ann := a_user())
    await told_of(service, ann, HOME)
    with pytest.raises(InvalidCredentials):
        await service[LoginHandler](
            Login(name=ann.username, password=WRONG), calling_from(ELSEWHERE)
        )

    assert await told_of(service, ann, ELSEWHERE) == ["new_device"]
