"""Finding out on whose behalf a request comes."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from application.auth.authenticate import AuthenticateHandler
from domain.access import Actor, NotAuthenticated, Permission, SessionId
from domain.auth import SessionLifetime, TokenExpired, TokenRevoked
from domain.users import InactiveUser, User
from tests.application.service import Service
from tests.builders import a_role, a_user, new_id


async def test_a_live_session_is_its_user_with_their_rights(service: Service) -> None:
    await service.add(editors := a_role(), ann := a_user(roles=frozenset({editors.name})))

    actor = await service.actor(await service.sign_in(ann))

    [session] = service.live_sessions_of(ann)
    assert actor == Actor(user_id=ann.id, session_id=session.id, permissions=editors.permissions)


async def test_a_superuser_can_everything(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True, roles=frozenset()))

    actor = await service.actor(await service.sign_in(root))

    assert actor.is_superuser
    actor.require_all(Permission)


@pytest.mark.parametrize("token", ["", "x", "a/b/c", "\0", "\ud800"])
async def test_what_is_no_token_is_refused(service: Service, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        await service[AuthenticateHandler](token)


async def test_an_expired_token_is_refused(service: Service) -> None:
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)

    service.clock.advance(timedelta(seconds=tokens.expires_in) - timedelta(microseconds=1))
    await service.actor(tokens)
    service.clock.advance(timedelta(microseconds=1))
    with pytest.raises(TokenExpired):
        await service.actor(tokens)


async def test_a_token_does_not_outlive_its_session(service: Service) -> None:
    service.use(SessionLifetime, SessionLifetime(absolute=timedelta(minutes=5)))
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)

    service.clock.advance(timedelta(minutes=5))

    with pytest.raises(TokenExpired):
        await service.actor(tokens)


async def test_a_token_of_an_unknown_session_is_refused(service: Service) -> None:
    await service.add(ann := a_user())

    with pytest.raises(NotAuthenticated):
        await service[AuthenticateHandler](issued(service, ann, SessionId(new_id())))


async def test_a_token_of_anothers_session_is_refused(service: Service) -> None:
    await service.add(ann := a_user(), bob := a_user())
    await service.sign_in(bob)
    [session] = service.live_sessions_of(bob)

    with pytest.raises(NotAuthenticated):
        await service[AuthenticateHandler](issued(service, ann, session.id))


def issued(service: Service, user: User, session_id: SessionId) -> str:
    return service.access_tokens.issue(user.id, session_id).text


async def test_a_revoked_session_is_refused(service: Service) -> None:
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)

    async with service.database() as uow:
        await uow.sessions.revoke_all(ann.id, at=service.clock.now())
        await uow.commit()

    with pytest.raises(TokenRevoked):
        await service.actor(tokens)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda user, at: user.deactivate(at=at), InactiveUser),
        (lambda user, at: user.delete(at=at), NotAuthenticated),
    ],
    ids=["inactive", "deleted"],
)
async def test_who_may_no_longer_act_is_refused(
    service: Service, change: Callable[[User, datetime], None], refusal: type[Exception]
) -> None:
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)

    async with service.database() as uow:
        user = await uow.users.get(ann.id)
        change(user, service.clock.now())
        await uow.users.save(user)
        await uow.commit()

    with pytest.raises(refusal):
        await service.actor(tokens)


async def test_a_right_that_was_taken_away_is_gone_at_once(service: Service) -> None:
    await service.add(editors := a_role(), ann := a_user(roles=frozenset({editors.name})))
    tokens = await service.sign_in(ann)

    async with service.database() as uow:
        role = await uow.roles.get(editors.name)
        role.permit([Permission.USERS_READ], at=service.clock.now())
        await uow.roles.save(role)
        await uow.commit()

    assert (await service.actor(tokens)).permissions == {Permission.USERS_READ}
