"""What a token is worth."""

from datetime import timedelta

import pytest

from adapters.memory.tables import OF_MEMBERS
from application.auth.introspect_token import IntrospectToken, IntrospectTokenHandler, LiveToken
from application.auth.logout import LogoutHandler
from application.auth.refresh import Refresh, RefreshHandler
from domain.access import ANONYMOUS, Actor, NotAuthenticated, Permission
from tests.application.service import Service
from tests.builders import a_user, an_actor


async def introspected(service: Service, token: str, actor: Actor) -> LiveToken | None:
    return await service[IntrospectTokenHandler](IntrospectToken(token=token), actor)


async def test_ones_own_tokens_say_what_they_permit(service: Service) -> None:
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)
    actor = await service.actor(tokens)

    access = await introspected(service, tokens.access_token, actor)
    refresh = await introspected(service, tokens.refresh_token, actor)

    assert access is not None
    assert refresh is not None
    assert (access.kind, refresh.kind) == ("access_token", "refresh_token")
    for token in (access, refresh):
        assert (token.user_id, token.session_id) == (ann.id, actor.session_id)
        assert token.scope == " ".join(sorted(OF_MEMBERS))
        assert token.issued_at == service.clock.now()
    assert access.expires_at < refresh.expires_at


async def test_a_superusers_token_permits_everything(service: Service) -> None:
    await service.add(root := a_user(is_superuser=True))
    tokens = await service.sign_in(root)

    shown = await introspected(service, tokens.access_token, await service.actor(tokens))

    assert shown is not None
    assert set(shown.scope.split()) == set(Permission)


async def test_anothers_token_takes_the_permission(service: Service) -> None:
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)

    for text in (tokens.access_token, tokens.refresh_token):
        assert await introspected(service, text, an_actor()) is None
        shown = await introspected(service, text, an_actor(Permission.TOKENS_INTROSPECT))
        assert shown is not None
        assert shown.user_id == ann.id


async def test_strangers_learn_nothing(service: Service) -> None:
    with pytest.raises(NotAuthenticated):
        await introspected(service, "whatever", ANONYMOUS)


async def test_what_is_no_good_is_not_active(service: Service) -> None:
    await service.add(ann := a_user())
    server = an_actor(Permission.TOKENS_INTROSPECT)
    spent = await service.sign_in(ann)
    await service[RefreshHandler](Refresh(refresh_token=spent.refresh_token), ANONYMOUS)
    ended = await service.sign_in(ann)
    await service[LogoutHandler](await service.actor(ended))

    for text in ("junk", spent.refresh_token, ended.access_token, ended.refresh_token):
        assert await introspected(service, text, server) is None


async def test_nothing_of_an_inactive_user_is_active(service: Service) -> None:
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)
    async with service.database() as uow:
        user = await uow.users.get(ann.id)
        user.deactivate(at=service.clock.now())
        await uow.users.save(user)
        await uow.commit()

    for text in (tokens.access_token, tokens.refresh_token):
        assert await introspected(service, text, an_actor(Permission.TOKENS_INTROSPECT)) is None


async def test_tokens_are_good_until_they_expire(service: Service) -> None:
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)
    server = an_actor(Permission.TOKENS_INTROSPECT)

    service.clock.advance(timedelta(minutes=15))
    assert await introspected(service, tokens.access_token, server) is None
    assert await introspected(service, tokens.refresh_token, server) is not None

    service.clock.advance(timedelta(days=14))
    assert await introspected(service, tokens.refresh_token, server) is None
