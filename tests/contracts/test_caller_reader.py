"""Who stands behind a session or an API key, also right after something has changed."""

from collections.abc import Callable

import pytest

from application.auth.ports import Caller
from domain.access import EVERY_PERMISSION, Actor, Permission, Role, SessionId
from domain.api_keys import ApiKey
from domain.auth import Session
from domain.users import User
from tests.builders import LATER, a_role, a_session, a_user, an_api_key, new_id
from tests.contracts.storage import Storage


@pytest.fixture
async def editors(storage: Storage) -> Role:
    await storage.add(editors := a_role())
    return editors


@pytest.fixture
async def ann(storage: Storage, editors: Role) -> User:
    await storage.add(ann := a_user(roles=frozenset({editors.name})))
    return ann


@pytest.fixture
async def session(storage: Storage, ann: User) -> Session:
    await storage.add(session := a_session(user_id=ann.id))
    return session


async def caller(storage: Storage, session: Session) -> Caller:
    """Asked twice, since a reader may remember."""
    first, second = [await storage.callers.find(session.id) for _ in range(2)]
    assert first is not None
    assert first == second
    return first


async def test_a_caller_is_a_user_in_a_session(
    storage: Storage, editors: Role, ann: User, session: Session
) -> None:
    assert await caller(storage, session) == Caller(
        actor=Actor(
            user_id=ann.id,
            session_id=session.id,
            is_superuser=False,
            permissions=editors.permissions,
        ),
        is_active=True,
        email_verified=True,
        expires_at=session.expires_at,
        revoked_at=None,
    )


async def test_rights_are_those_of_all_roles(storage: Storage, editors: Role) -> None:
    await storage.add(
        readers := a_role(permissions=frozenset({Permission.AUDIT_READ, Permission.USERS_READ}))
    )
    await storage.add(ann := a_user(roles=frozenset({editors.name, readers.name})))
    await storage.add(session := a_session(user_id=ann.id))

    found = await caller(storage, session)

    assert found.actor.permissions == editors.permissions | readers.permissions
    assert {type(permission) for permission in found.actor.permissions} == {Permission}


async def test_who_has_no_roles_can_nothing(storage: Storage) -> None:
    await storage.add(ann := a_user(roles=frozenset()))
    await storage.add(session := a_session(user_id=ann.id))

    assert (await caller(storage, session)).actor.permissions == frozenset()


async def test_a_superuser_can_everything(storage: Storage) -> None:
    await storage.add(root := a_user(is_superuser=True, roles=frozenset()))
    await storage.add(session := a_session(user_id=root.id))

    actor = (await caller(storage, session)).actor

    assert actor.is_superuser
    actor.require_all(EVERY_PERMISSION)


async def test_the_state_of_an_ended_session_is_told(storage: Storage) -> None:
    await storage.add(ann := a_user(is_active=False))
    await storage.add(session := a_session(user_id=ann.id, revoked_at=LATER))

    found = await caller(storage, session)

    assert not found.is_active
    assert found.revoked_at == LATER


async def test_an_unknown_session_is_nobodys(storage: Storage) -> None:
    assert await storage.callers.find(SessionId(new_id())) is None


async def test_a_session_is_known_as_soon_as_it_is_there(storage: Storage, ann: User) -> None:
    session = a_session(user_id=ann.id)
    assert await storage.callers.find(session.id) is None

    await storage.add(session)

    assert (await caller(storage, session)).actor.user_id == ann.id


async def test_a_revoked_session_is_known_at_once(storage: Storage, session: Session) -> None:
    await caller(storage, session)
    async with storage.begin() as uow:
        loaded = await uow.sessions.get(session.id)
        loaded.revoke(at=LATER)
        await uow.sessions.save(loaded)
        await uow.commit()

    assert (await caller(storage, session)).revoked_at == LATER


async def test_revoking_all_is_known_at_once(storage: Storage, ann: User, session: Session) -> None:
    await storage.add(kept := a_session(user_id=ann.id))
    await caller(storage, session)
    await caller(storage, kept)
    async with storage.begin() as uow:
        await uow.sessions.revoke_all(ann.id, at=LATER, keep=kept.id)
        await uow.commit()

    assert (await caller(storage, session)).revoked_at == LATER
    assert (await caller(storage, kept)).revoked_at is None


async def test_what_is_not_committed_is_not_known(
    storage: Storage, ann: User, session: Session
) -> None:
    before = await caller(storage, session)
    async with storage.begin() as uow:
        await uow.sessions.revoke_all(ann.id, at=LATER)
        user = await uow.users.get(ann.id)
        user.deactivate(at=LATER)
        await uow.users.save(user)
        assert await caller(storage, session) == before

    assert await caller(storage, session) == before


async def change(storage: Storage, user: User, how: Callable[[User], None]) -> None:
    async with storage.begin() as uow:
        loaded = await uow.users.get_deleted(user.id)
        how(loaded)
        await uow.users.save(loaded)
        await uow.commit()


async def test_a_changed_user_is_known_at_once(
    storage: Storage, ann: User, session: Session
) -> None:
    await storage.add(other := a_session(user_id=ann.id))
    for each in (session, other):
        assert (await caller(storage, each)).is_active

    await change(storage, ann, lambda user: user.deactivate(at=LATER))
    for each in (session, other):
        assert not (await caller(storage, each)).is_active
    await change(storage, ann, lambda user: user.activate(at=LATER))
    assert (await caller(storage, session)).is_active
    await change(storage, ann, lambda user: user.promote(at=LATER))
    assert (await caller(storage, session)).actor.is_superuser
    await change(storage, ann, lambda user: user.demote(at=LATER))
    assert not (await caller(storage, session)).actor.is_superuser


async def test_a_deleted_user_is_nobody_at_once(
    storage: Storage, ann: User, session: Session
) -> None:
    await caller(storage, session)

    await change(storage, ann, lambda user: user.delete(at=LATER))
    assert await storage.callers.find(session.id) is None
    await change(storage, ann, lambda user: user.restore(at=LATER))
    assert (await caller(storage, session)).actor.user_id == ann.id


async def test_other_roles_are_known_at_once(storage: Storage, ann: User, session: Session) -> None:
    await caller(storage, session)

    await change(storage, ann, lambda user: user.assign([], at=LATER))

    assert (await caller(storage, session)).actor.permissions == frozenset()


async def test_a_changed_role_is_known_at_once(
    storage: Storage, editors: Role, session: Session
) -> None:
    await caller(storage, session)
    async with storage.begin() as uow:
        role = await uow.roles.get(editors.name)
        role.permit([Permission.SESSIONS_READ], at=LATER)
        await uow.roles.save(role)
        await uow.commit()

    assert (await caller(storage, session)).actor.permissions == {Permission.SESSIONS_READ}


# By an API key.


@pytest.fixture
async def key(storage: Storage, ann: User) -> ApiKey:
    """For more than Ann may do."""
    scopes = frozenset({Permission.USERS_READ, Permission.USERS_DELETE})
    await storage.add(key := an_api_key(user_id=ann.id, permissions=scopes))
    return key


async def caller_by(storage: Storage, key: ApiKey) -> Caller:
    first, second = [await storage.callers.find_by_api_key(key.key_hash) for _ in range(2)]
    assert first is not None
    assert first == second
    return first


async def test_a_caller_by_key_can_what_both_the_key_and_its_owner_can(
    storage: Storage, ann: User, key: ApiKey
) -> None:
    assert await caller_by(storage, key) == Caller(
        actor=Actor(
            user_id=ann.id,
            api_key_id=key.id,
            permissions=frozenset({Permission.USERS_READ}),
            scopes=key.permissions,
        ),
        is_active=True,
        email_verified=True,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )


async def test_a_superusers_key_can_what_it_is_for_and_nothing_else(storage: Storage) -> None:
    await storage.add(root := a_user(is_superuser=True, roles=frozenset()))
    scopes = frozenset({Permission.USERS_READ})
    await storage.add(key := an_api_key(user_id=root.id, permissions=scopes))

    actor = (await caller_by(storage, key)).actor

    assert not actor.is_superuser
    assert actor.permissions == scopes


async def test_an_unknown_key_is_nobodys(storage: Storage, key: ApiKey) -> None:
    assert await storage.callers.find_by_api_key(key.key_hash[:-1]) is None
    assert await storage.callers.find_by_api_key(b"") is None


async def test_a_removed_key_is_nobodys_at_once(storage: Storage, key: ApiKey) -> None:
    await caller_by(storage, key)
    async with storage.begin() as uow:
        await uow.api_keys.remove(await uow.api_keys.get(key.id))
        await uow.commit()

    assert await storage.callers.find_by_api_key(key.key_hash) is None


async def test_a_noted_use_is_known_at_once(storage: Storage, key: ApiKey) -> None:
    await caller_by(storage, key)
    async with storage.begin() as uow:
        await uow.api_keys.note_use(key.id, at=LATER)
        await uow.commit()

    assert (await caller_by(storage, key)).last_used_at == LATER


async def test_what_its_owner_loses_a_key_loses_at_once(
    storage: Storage, ann: User, key: ApiKey
) -> None:
    await caller_by(storage, key)

    await change(storage, ann, lambda user: user.assign([], at=LATER))
    actor = (await caller_by(storage, key)).actor
    assert (actor.permissions, actor.scopes) == (frozenset(), key.permissions)
    await change(storage, ann, lambda user: user.deactivate(at=LATER))
    assert not (await caller_by(storage, key)).is_active
    await change(storage, ann, lambda user: user.delete(at=LATER))
    assert await storage.callers.find_by_api_key(key.key_hash) is None
    await change(storage, ann, lambda user: user.restore(at=LATER))
    assert (await caller_by(storage, key)).actor.api_key_id == key.id


async def test_a_permission_that_its_owners_role_loses_a_key_loses_at_once(
    storage: Storage, editors: Role, key: ApiKey
) -> None:
    await caller_by(storage, key)
    async with storage.begin() as uow:
        role = await uow.roles.get(editors.name)
        role.permit([], at=LATER)
        await uow.roles.save(role)
        await uow.commit()

    assert (await caller_by(storage, key)).actor.permissions == frozenset()
