"""Showing live sessions."""

from datetime import timedelta

import pytest

from application.auth.list_sessions import ListSessions, ListSessionsHandler
from application.auth.views import SessionView
from application.paging import PageRequest
from domain.access import ANONYMOUS, NotAuthenticated, Permission, PermissionDenied
from domain.auth import Session, SessionLifetime
from tests.application.service import Service
from tests.builders import a_session, a_user, an_actor

HOUR = timedelta(hours=1)


async def test_the_session_used_last_comes_first(service: Service) -> None:
    await service.add(ann := a_user())
    sessions = [
        a_session(user_id=ann.id, last_used_at=service.clock.now() - HOUR * hours)
        for hours in (2, 1, 3)
    ]
    await service.add(*sessions)

    page = await service[ListSessionsHandler](
        ListSessions(user_id=ann.id), an_actor(user_id=ann.id)
    )

    assert list(page.items) == [view(sessions[1]), view(sessions[0]), view(sessions[2])]
    assert page.total == 3


def view(session: Session) -> SessionView:
    return SessionView(
        id=session.id,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        ip=session.ip,
        user_agent=session.user_agent,
    )


async def test_only_live_sessions_of_the_user_are_shown(service: Service) -> None:
    await service.add(ann := a_user(), bob := a_user())
    now = service.clock.now()
    await service.add(
        live := a_session(user_id=ann.id),
        a_session(user_id=bob.id),
        a_session(user_id=ann.id, revoked_at=now - HOUR),
        a_session(user_id=ann.id, expires_at=now),
        a_session(user_id=ann.id, last_used_at=now - SessionLifetime().idle),
    )

    page = await service[ListSessionsHandler](
        ListSessions(user_id=ann.id), an_actor(user_id=ann.id)
    )

    assert [shown.id for shown in page.items] == [live.id]
    assert page.total == 1


async def test_sessions_come_in_pages(service: Service) -> None:
    await service.add(ann := a_user())
    sessions = [
        a_session(user_id=ann.id, created_at=service.clock.now() - HOUR * hours)
        for hours in range(5)
    ]
    await service.add(*sessions)

    seen = []
    request = PageRequest(limit=2, sort="created_at")
    while True:
        page = await service[ListSessionsHandler](
            ListSessions(user_id=ann.id, page=request), an_actor(user_id=ann.id)
        )
        seen += [shown.id for shown in page.items]
        if page.next_cursor is None:
            break
        request = PageRequest(limit=2, cursor=page.next_cursor)

    assert seen == [session.id for session in reversed(sessions)]


async def test_anothers_sessions_take_the_permission(service: Service) -> None:
    await service.add(ann := a_user())
    await service.sign_in(ann)
    command = ListSessions(user_id=ann.id)

    with pytest.raises(PermissionDenied):
        await service[ListSessionsHandler](command, an_actor(Permission.SESSIONS_REVOKE))
    with pytest.raises(NotAuthenticated):
        await service[ListSessionsHandler](command, ANONYMOUS)
    page = await service[ListSessionsHandler](command, an_actor(Permission.SESSIONS_READ))

    assert page.total == 1
