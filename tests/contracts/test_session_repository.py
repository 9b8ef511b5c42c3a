"""Whole sessions."""

import asyncio
from datetime import timedelta

import pytest

from domain.access import Origin, SessionId, UserId
from domain.auth import Session, SessionNotFound
from domain.users import User
from tests.builders import CREATED, LATER, a_session, a_user, new_id
from tests.contracts.racing import let_others_in
from tests.contracts.storage import Storage

HOUR = timedelta(hours=1)


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


async def stored(storage: Storage, session: Session) -> Session:
    async with storage.begin() as uow:
        return await uow.sessions.get(session.id)


async def test_keeps_every_field(storage: Storage, ann: User) -> None:
    full = a_session(user_id=ann.id, revoked_at=LATER, ip="2001:db8::1", user_agent="Žižkov 1.0")
    bare = a_session(user_id=ann.id, revoked_at=None, ip=None, user_agent=None)
    await storage.add(full, bare)

    assert await stored(storage, full) == full
    assert await stored(storage, bare) == bare


async def test_saves_every_field_that_may_change(storage: Storage, ann: User) -> None:
    await storage.add(session := a_session(user_id=ann.id))
    async with storage.begin() as uow:
        loaded = await uow.sessions.get(session.id)
        loaded.last_used_at = LATER
        loaded.expires_at = LATER + HOUR
        loaded.revoked_at = LATER + 2 * HOUR
        loaded.ip = "203.0.113.9"
        loaded.user_agent = "other"
        await uow.sessions.save(loaded)
        await uow.commit()

    assert await stored(storage, session) == loaded
    assert loaded != session


async def test_copies_in_and_out(storage: Storage, ann: User) -> None:
    session = a_session(user_id=ann.id)
    async with storage.begin() as uow:
        await uow.sessions.add(session)
        session.revoke(at=LATER)
        (await uow.sessions.get(session.id)).revoke(at=LATER)
        assert (await uow.sessions.get(session.id)).revoked_at is None


async def test_the_unknown_is_not_found(storage: Storage) -> None:
    async with storage.begin() as uow:
        with pytest.raises(SessionNotFound):
            await uow.sessions.get(SessionId(new_id()))


async def test_racing_changes_lose_nothing(storage: Storage, ann: User) -> None:
    await storage.add(session := a_session(user_id=ann.id))

    async def extend() -> None:
        async with storage.begin() as uow:
            loaded = await uow.sessions.get(session.id)
            await let_others_in()
            loaded.expires_at += HOUR
            await uow.sessions.save(loaded)
            await uow.commit()

    await asyncio.gather(*(extend() for _ in range(8)))

    assert (await stored(storage, session)).expires_at == session.expires_at + 8 * HOUR


async def test_ends_all_live_sessions_of_a_user(storage: Storage, ann: User) -> None:
    await storage.add(bob := a_user())
    live = [a_session(user_id=ann.id) for _ in range(3)]
    others = [
        a_session(user_id=bob.id),
        a_session(user_id=ann.id, revoked_at=LATER - HOUR),
        a_session(user_id=ann.id, expires_at=LATER),
    ]
    await storage.add(*live, *others)

    async with storage.begin() as uow:
        assert await uow.sessions.revoke_all(ann.id, at=LATER) == 3
        assert await uow.sessions.revoke_all(ann.id, at=LATER + HOUR) == 0
        await uow.commit()

    assert [(await stored(storage, session)).revoked_at for session in live] == [LATER] * 3
    assert [await stored(storage, session) for session in others] == others


async def test_keeps_the_one_it_is_told_to_keep(storage: Storage, ann: User) -> None:
    here, elsewhere = a_session(user_id=ann.id), a_session(user_id=ann.id)
    await storage.add(here, elsewhere)

    async with storage.begin() as uow:
        assert await uow.sessions.revoke_all(ann.id, at=LATER, keep=here.id) == 1
        await uow.commit()

    assert (await stored(storage, here)).revoked_at is None
    assert (await stored(storage, elsewhere)).revoked_at == LATER


async def test_who_has_no_session_has_none_to_end(storage: Storage) -> None:
    async with storage.begin() as uow:
        assert await uow.sessions.revoke_all(UserId(new_id()), at=LATER) == 0


PHONE = "App/1.0 (iPhone OS 17_5)"


async def test_knows_devices_and_networks_of_the_last_time(storage: Storage, ann: User) -> None:
    await storage.add(
        bob := a_user(),
        a_session(user_id=ann.id, ip="203.0.113.9", user_agent=PHONE, created_at=LATER),
        a_session(user_id=ann.id, ip="2001:db8:0:1::7", user_agent=None, created_at=LATER),
        a_session(user_id=ann.id, ip="203.0.113.77", user_agent="Old/1", created_at=CREATED),
        a_session(user_id=bob.id, ip="203.0.113.88", user_agent="Other/1", created_at=LATER),
    )

    async def has_seen(user: User, address: str | None, agent: str | None) -> bool:
        origin = Origin(address=address, user_agent=agent)
        async with storage.begin() as uow:
            return await uow.sessions.has_seen(user.id, origin, since=CREATED)

    assert await has_seen(ann, "203.0.113.9", PHONE)
    # Newer by now, and at another place where she has been.
    assert await has_seen(ann, "2001:db8:0:1:ffff::1", "App/2.5 (iPhone OS 18_1)")
    assert await has_seen(ann, "203.0.113.9", None)
    assert not await has_seen(ann, "203.0.113.10", PHONE)
    assert not await has_seen(ann, "203.0.113.9", "Other/1")
    assert not await has_seen(ann, "203.0.113.88", PHONE)
    assert not await has_seen(ann, "203.0.113.77", PHONE)
    assert not await has_seen(ann, "203.0.113.9", "Old/1")
    assert not await has_seen(bob, "203.0.113.9", PHONE)
