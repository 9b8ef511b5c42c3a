"""Live sessions, for showing."""

from datetime import timedelta

import pytest

from application.auth.views import SessionView
from application.paging import Slice, Window
from domain.access import UserId
from domain.users import User
from tests.builders import CREATED, LATER, a_session, a_user, new_id
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, walk

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


async def test_shows_every_field(storage: Storage, ann: User) -> None:
    full = a_session(user_id=ann.id, ip="2001:db8::1", user_agent="Žižkov 1.0")
    bare = a_session(user_id=ann.id, ip=None, user_agent=None)
    await storage.add(full, bare)

    page = await storage.sessions.page(ann.id, a_window(), at=LATER, used_since=CREATED - HOUR)

    assert list(page.rows) == [
        SessionView(
            id=session.id,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            ip=session.ip,
            user_agent=session.user_agent,
        )
        for session in (full, bare)
    ]


async def test_shows_live_sessions_of_the_user_only(storage: Storage, ann: User) -> None:
    await storage.add(bob := a_user())
    await storage.add(
        live := a_session(user_id=ann.id, expires_at=LATER + TICK),
        a_session(user_id=ann.id, expires_at=LATER),
        a_session(user_id=ann.id, revoked_at=LATER - HOUR),
        a_session(user_id=ann.id, last_used_at=CREATED - HOUR),
        a_session(user_id=bob.id),
    )

    page = await storage.sessions.page(ann.id, a_window(), at=LATER, used_since=CREATED - HOUR)

    assert [session.id for session in page.rows] == [live.id]
    assert (page.total, page.has_more) == (1, False)


async def test_who_has_none_has_none(storage: Storage) -> None:
    page = await storage.sessions.page(
        UserId(new_id()), a_window(), at=LATER, used_since=CREATED - HOUR
    )

    assert (list(page.rows), page.total, page.has_more) == ([], 0, False)


async def test_pages(storage: Storage, ann: User) -> None:
    sessions = [
        a_session(
            user_id=ann.id,
            created_at=CREATED + HOUR * (number % 3),
            last_used_at=LATER - HOUR * (number % 2),
        )
        for number in range(7)
    ]
    await storage.add(*sessions)

    async def page(window: Window) -> Slice[SessionView]:
        return await storage.sessions.page(ann.id, window, at=LATER, used_since=CREATED - HOUR)

    for limit in (1, 2, 7, 8):
        walked = await walk(page, "created_at", limit=limit)
        assert [session.id for rows in walked for session in rows] == [
            session.id for session in sorted(sessions, key=lambda s: (s.created_at, s.id))
        ]
        walked = await walk(page, "-last_used_at", limit=limit)
        assert [session.id for rows in walked for session in rows] == [
            session.id
            for session in sorted(sessions, key=lambda s: (s.last_used_at, s.id), reverse=True)
        ]
    skipped = await page(a_window(skip=5, limit=1))
    assert (len(skipped.rows), skipped.has_more, skipped.total) == (1, True, 7)
