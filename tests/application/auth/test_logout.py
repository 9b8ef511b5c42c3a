"""Ending sessions: this one, one of many, and all."""

import pytest

from application.auth.logout import LogoutHandler
from application.auth.logout_all import LogoutAll, LogoutAllHandler
from application.auth.refresh import Refresh, RefreshHandler
from application.auth.revoke_session import RevokeSession, RevokeSessionHandler
from domain.access import (
    ANONYMOUS,
    SYSTEM,
    Actor,
    NotAuthenticated,
    Permission,
    PermissionDenied,
    SessionId,
    UserId,
)
from domain.auth import SessionNotFound, TokenRevoked
from tests.application.service import Service
from tests.builders import a_session, a_user, an_actor, new_id


async def test_logging_out_ends_this_session(service: Service) -> None:
    await service.add(ann := a_user())
    here, elsewhere = await service.sign_in(ann), await service.sign_in(ann)

    await service[LogoutHandler](await service.actor(here))

    with pytest.raises(TokenRevoked):
        await service.actor(here)
    with pytest.raises(TokenRevoked):
        await service[RefreshHandler](Refresh(refresh_token=here.refresh_token), ANONYMOUS)
    await service.actor(elsewhere)


async def test_logging_out_twice_is_logging_out(service: Service) -> None:
    await service.add(ann := a_user())
    actor = await service.actor(await service.sign_in(ann))

    await service[LogoutHandler](actor)
    ended = [session.revoked_at for session in service.stored.sessions.scan()]
    await service[LogoutHandler](actor)

    assert [session.revoked_at for session in service.stored.sessions.scan()] == ended


@pytest.mark.parametrize("actor", [ANONYMOUS, SYSTEM, Actor(user_id=UserId(new_id()))])
async def test_who_is_in_no_session_has_none_to_end(service: Service, actor: Actor) -> None:
    with pytest.raises(NotAuthenticated):
        await service[LogoutHandler](actor)


async def test_logging_out_everywhere_ends_all_ones_sessions(service: Service) -> None:
    await service.add(ann := a_user(), bob := a_user())
    for user in (ann, ann, ann, bob):
        await service.sign_in(user)
    await service.add(a_session(user_id=ann.id, revoked_at=service.clock.now()))

    ended = await service[LogoutAllHandler](LogoutAll(user_id=ann.id), an_actor(user_id=ann.id))

    assert ended == 3
    assert service.live_sessions_of(ann) == []
    assert len(service.live_sessions_of(bob)) == 1


async def test_anothers_sessions_end_with_the_permission(service: Service) -> None:
    await service.add(ann := a_user())
    await service.sign_in(ann)
    command = LogoutAll(user_id=ann.id)

    with pytest.raises(PermissionDenied):
        await service[LogoutAllHandler](command, an_actor(Permission.SESSIONS_READ))
    with pytest.raises(NotAuthenticated):
        await service[LogoutAllHandler](command, ANONYMOUS)
    assert len(service.live_sessions_of(ann)) == 1
    assert await service[LogoutAllHandler](command, an_actor(Permission.SESSIONS_REVOKE)) == 1


async def test_one_of_ones_sessions_is_ended_from_another(service: Service) -> None:
    await service.add(ann := a_user())
    here = await service.actor(await service.sign_in(ann))
    elsewhere = await service.actor(await service.sign_in(ann))
    assert elsewhere.session_id is not None

    await service[RevokeSessionHandler](RevokeSession(session_id=elsewhere.session_id), here)

    assert [session.id for session in service.live_sessions_of(ann)] == [here.session_id]


async def test_anothers_session_is_like_none(service: Service) -> None:
    await service.add(ann := a_user())
    await service.sign_in(ann)
    [session] = service.live_sessions_of(ann)

    for session_id in (session.id, SessionId(new_id())):
        for actor in (an_actor(Permission.SESSIONS_READ), ANONYMOUS):
            with pytest.raises(SessionNotFound):
                await service[RevokeSessionHandler](RevokeSession(session_id=session_id), actor)
    assert len(service.live_sessions_of(ann)) == 1


async def test_the_permission_ends_anyones_session(service: Service) -> None:
    await service.add(ann := a_user())
    await service.sign_in(ann)
    [session] = service.live_sessions_of(ann)

    await service[RevokeSessionHandler](
        RevokeSession(session_id=session.id), an_actor(Permission.SESSIONS_REVOKE)
    )

    assert service.live_sessions_of(ann) == []
