"""Making, using, showing and ending API keys."""

from datetime import timedelta

import attrs
import pytest

from application.access.create_api_key import CreateApiKey, CreateApiKeyHandler
from application.access.find_api_key import FindApiKey, FindApiKeyHandler
from application.access.list_api_keys import ListApiKeys, ListApiKeysHandler
from application.access.revoke_api_key import RevokeApiKey, RevokeApiKeyHandler
from application.access.views import ApiKeyView, IssuedApiKey
from application.auth.authenticate import AuthenticateHandler
from application.auth.logout_all import LogoutAll, LogoutAllHandler
from application.users.change_password import ChangePassword, ChangePasswordHandler
from domain.access import (
    ANONYMOUS,
    EVERY_PERMISSION,
    HELD_OVER_ONES_OWN,
    SYSTEM,
    Actor,
    ApiKeyId,
    NotAuthenticated,
    Permission,
    PermissionDenied,
)
from domain.api_keys import (
    MAX_LIVE_API_KEYS,
    USE_IS_NOTED_EVERY,
    ApiKey,
    ApiKeyNotFound,
    TooManyApiKeys,
)
from domain.auth import ReauthenticationRequired, TokenExpired
from domain.errors import Invalid
from domain.passwords import Password, WrongPassword
from domain.users import InactiveUser, User
from tests.application.mails import addressed, events
from tests.application.service import Service
from tests.builders import a_role, a_user, an_actor, an_api_key, new_id

CREATE = CreateApiKey(name="Nightly import", permissions=[Permission.USERS_READ])
PASSWORD = Password("correct horse")
TICK = timedelta(microseconds=1)


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(readers := a_role(), ann := a_user(roles=frozenset({readers.name})))
    return ann


async def signed_in(service: Service, user: User) -> Actor:
    return await service.actor(await service.sign_in(user))


async def a_key(service: Service, user: User, command: CreateApiKey = CREATE) -> IssuedApiKey:
    return await service[CreateApiKeyHandler](command, await signed_in(service, user))


async def actor_by(service: Service, key: IssuedApiKey) -> Actor:
    return await service[AuthenticateHandler](key.key)


def stored(service: Service) -> list[ApiKey]:
    return list(service.stored.api_keys.scan())


async def test_a_key_acts_in_its_owners_place(service: Service, ann: User) -> None:
    key = await a_key(service, ann)

    assert await actor_by(service, key) == Actor(
        user_id=ann.id,
        api_key_id=key.id,
        permissions=frozenset({Permission.USERS_READ}),
        scopes=frozenset({Permission.USERS_READ}),
    )
    assert key.name == "Nightly import"
    assert key.created_at == service.clock.now()
    assert (key.expires_at, key.last_used_at) == (None, None)


async def test_the_key_itself_is_stored_nowhere(service: Service, ann: User) -> None:
    key = await a_key(service, ann)

    [kept] = stored(service)
    assert key.key not in {kept.name, kept.prefix, kept.key_hash.decode()}
    assert key.key.startswith(kept.prefix)
    assert key.key not in repr(key)
    for entry in service.stored.audit.scan():
        assert key.key not in str(attrs.asdict(entry))


async def test_making_one_is_recorded_and_told(service: Service, ann: User) -> None:
    key = await a_key(service, ann)

    assert events(service)[-1] == "api_key_created"
    assert addressed(service)[-1] == (ann.email, "api_key_created")
    entry = max(service.stored.audit.scan(), key=lambda entry: entry.id)
    assert (entry.target_id, entry.subject) == (ann.id, str(key.id))
    assert entry.details == {
        "name": "Nightly import",
        "prefix": key.prefix,
        "permissions": ["users:read"],
    }


@pytest.mark.parametrize("permission", sorted(EVERY_PERMISSION))
async def test_nobody_lets_a_program_do_what_they_may_not(
    service: Service, permission: Permission
) -> None:
    await service.add(nobody := a_user(roles=frozenset()))
    command = attrs.evolve(CREATE, permissions=[permission])

    if permission in HELD_OVER_ONES_OWN:
        actor = await actor_by(service, await a_key(service, nobody, command))
        assert not actor.can(permission)
        assert actor.owns(nobody.id, permission)
    else:
        with pytest.raises(PermissionDenied):
            await a_key(service, nobody, command)
        assert stored(service) == []


async def test_a_superusers_key_is_no_superuser(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True))
    key = await a_key(service, root, attrs.evolve(CREATE, permissions=[Permission.USERS_READ]))

    actor = await actor_by(service, key)

    assert not actor.is_superuser
    assert [each for each in Permission if actor.can(each)] == [Permission.USERS_READ]


async def test_a_key_does_no_more_than_its_owner_by_now(service: Service) -> None:
    await service.add(editors := a_role(), ann := a_user(roles=frozenset({editors.name})))
    key = await a_key(service, ann, attrs.evolve(CREATE, permissions=editors.permissions))
    assert (await actor_by(service, key)).permissions == editors.permissions

    async with service.database() as uow:
        role = await uow.roles.get(editors.name)
        role.permit([Permission.AUDIT_READ, Permission.USERS_READ], at=service.clock.now())
        await uow.roles.save(role)
        await uow.commit()

    assert (await actor_by(service, key)).permissions == {Permission.USERS_READ}


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (attrs.evolve(CREATE, permissions=[]), "permissions"),
        (attrs.evolve(CREATE, name=" "), "name"),
        (attrs.evolve(CREATE, name="x" * 101), "name"),
        (attrs.evolve(CREATE, name="two\nlines"), "name"),
    ],
    ids=["for nothing", "nameless", "a long name", "two lines"],
)
async def test_what_is_asked_for_wrongly_is_refused(
    service: Service, ann: User, command: CreateApiKey, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await a_key(service, ann, command)

    assert [error.field for error in refusal.value.errors] == [field]
    assert stored(service) == []


async def test_a_key_that_would_be_dead_from_the_start_is_refused(
    service: Service, ann: User
) -> None:
    now = service.clock.now()
    with pytest.raises(Invalid):
        await a_key(service, ann, attrs.evolve(CREATE, expires_at=now))

    await a_key(service, ann, attrs.evolve(CREATE, expires_at=now + TICK))


async def test_a_key_ends_when_it_expires(service: Service, ann: User) -> None:
    expires_at = service.clock.now() + timedelta(days=1)
    key = await a_key(service, ann, attrs.evolve(CREATE, expires_at=expires_at))

    service.clock.advance(timedelta(days=1) - TICK)
    await actor_by(service, key)
    service.clock.advance(TICK)
    with pytest.raises(TokenExpired):
        await actor_by(service, key)


async def test_a_sign_in_that_is_no_longer_recent_takes_the_password(
    service: Service, ann: User
) -> None:
    actor = await signed_in(service, ann)
    service.clock.advance(timedelta(minutes=5) + TICK)

    with pytest.raises(ReauthenticationRequired):
        await service[CreateApiKeyHandler](CREATE, actor)
    with pytest.raises(WrongPassword):
        wrong = attrs.evolve(CREATE, password=Password("wrong horse"))
        await service[CreateApiKeyHandler](wrong, actor)
    assert stored(service) == []
    await service[CreateApiKeyHandler](attrs.evolve(CREATE, password=PASSWORD), actor)


async def test_there_is_an_end_to_how_many_one_owner_has(service: Service, ann: User) -> None:
    await service.add(bob := a_user())
    await service.add(
        *(an_api_key(user_id=ann.id, expires_at=None) for _ in range(MAX_LIVE_API_KEYS - 1)),
        an_api_key(user_id=ann.id, expires_at=service.clock.now()),
        an_api_key(user_id=bob.id),
    )
    last = await a_key(service, ann)

    with pytest.raises(TooManyApiKeys):
        await a_key(service, ann)
    await service[RevokeApiKeyHandler](RevokeApiKey(key_id=last.id), an_actor(user_id=ann.id))
    await a_key(service, ann)


async def test_a_use_is_noted_once_in_a_while(service: Service, ann: User) -> None:
    key = await a_key(service, ann)
    first_used_at = service.clock.now()
    await actor_by(service, key)
    service.clock.advance(USE_IS_NOTED_EVERY - TICK)
    await actor_by(service, key)

    assert [each.last_used_at for each in stored(service)] == [first_used_at]
    service.clock.advance(TICK)
    await actor_by(service, key)
    assert [each.last_used_at for each in stored(service)] == [service.clock.now()]


async def test_a_refused_use_is_not_noted(service: Service, ann: User) -> None:
    expires_at = service.clock.now() + TICK
    key = await a_key(service, ann, attrs.evolve(CREATE, expires_at=expires_at))
    service.clock.advance(TICK)

    with pytest.raises(TokenExpired):
        await actor_by(service, key)
    assert [each.last_used_at for each in stored(service)] == [None]


async def test_a_revoked_key_is_nobodys(service: Service, ann: User) -> None:
    key, other = await a_key(service, ann), await a_key(service, ann)

    await service[RevokeApiKeyHandler](RevokeApiKey(key_id=key.id), an_actor(user_id=ann.id))

    with pytest.raises(NotAuthenticated):
        await actor_by(service, key)
    await actor_by(service, other)
    assert events(service)[-1] == "api_key_revoked"
    assert addressed(service)[-1] == (ann.email, "api_key_revoked")


async def test_a_key_is_dormant_while_its_owner_is_gone(service: Service, ann: User) -> None:
    key = await a_key(service, ann)

    async def change(name: str) -> None:
        async with service.database() as uow:
            user = await uow.users.get_deleted(ann.id)
            getattr(user, name)(at=service.clock.now())
            await uow.users.save(user)
            await uow.commit()

    await change("deactivate")
    with pytest.raises(InactiveUser):
        await actor_by(service, key)
    await change("activate")
    await actor_by(service, key)
    await change("delete")
    with pytest.raises(NotAuthenticated):
        await actor_by(service, key)


async def test_keys_outlive_the_password_and_every_session(service: Service, ann: User) -> None:
    key = await a_key(service, ann)
    here = await signed_in(service, ann)

    change = ChangePassword(current_password=PASSWORD, new_password=Password("battery staple"))
    await service[ChangePasswordHandler](change, here)
    await service[LogoutAllHandler](LogoutAll(user_id=ann.id), here)

    await actor_by(service, key)


async def test_anothers_key_answers_exactly_like_none(service: Service, ann: User) -> None:
    key = await a_key(service, ann)

    details = set()
    for key_id in (key.id, ApiKeyId(new_id())):
        with pytest.raises(ApiKeyNotFound) as refusal:
            await service[RevokeApiKeyHandler](RevokeApiKey(key_id=key_id), an_actor(*Permission))
        details.add(refusal.value.detail)

    assert len(details) == 1
    await actor_by(service, key)


async def test_a_superuser_sees_and_ends_anyones(service: Service, ann: User) -> None:
    key = await a_key(service, ann)

    page = await service[ListApiKeysHandler](ListApiKeys(owner_id=ann.id), SYSTEM)
    assert page.items == [ApiKeyView.of(each) for each in stored(service)]
    for name in (key.prefix, str(key.id)):
        find = FindApiKey(owner_id=ann.id, name=name)
        assert (await service[FindApiKeyHandler](find, SYSTEM)).id == key.id
    await service[RevokeApiKeyHandler](RevokeApiKey(key_id=key.id), SYSTEM)
    with pytest.raises(ApiKeyNotFound):
        await service[FindApiKeyHandler](FindApiKey(owner_id=ann.id, name=key.prefix), SYSTEM)


async def test_only_their_owner_sees_keys(service: Service, ann: User) -> None:
    await a_key(service, ann)

    own = await service[ListApiKeysHandler](ListApiKeys(owner_id=ann.id), an_actor(user_id=ann.id))
    assert own.total == 1
    find = FindApiKey(owner_id=ann.id, name="tsk_1")
    for actor, refusal in (
        (an_actor(*Permission), PermissionDenied),
        (ANONYMOUS, NotAuthenticated),
    ):
        with pytest.raises(refusal):
            await service[ListApiKeysHandler](ListApiKeys(owner_id=ann.id), actor)
        with pytest.raises(refusal):
            await service[FindApiKeyHandler](find, actor)


async def test_no_key_makes_shows_or_ends_keys(service: Service, ann: User) -> None:
    key = await a_key(service, ann)
    program = await actor_by(service, key)

    with pytest.raises(PermissionDenied):
        await service[CreateApiKeyHandler](attrs.evolve(CREATE, password=PASSWORD), program)
    with pytest.raises(PermissionDenied):
        await service[ListApiKeysHandler](ListApiKeys(owner_id=ann.id), program)
    with pytest.raises(PermissionDenied):
        await service[RevokeApiKeyHandler](RevokeApiKey(key_id=key.id), program)


@pytest.mark.parametrize("text", ["tsk_", "tsk_1", "tsk_1-2", "tsk_7-7", "tsk_\ud800", "a.b.c", ""])
async def test_what_is_no_key_is_refused(service: Service, ann: User, text: str) -> None:
    await a_key(service, ann)

    with pytest.raises(NotAuthenticated):
        await service[AuthenticateHandler].by_api_key(text)


async def test_an_access_token_is_no_key(service: Service, ann: User) -> None:
    tokens = await service.sign_in(ann)

    with pytest.raises(NotAuthenticated):
        await service[AuthenticateHandler].by_api_key(tokens.access_token)
