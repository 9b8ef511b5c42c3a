"""Giving a token up."""

import pytest

from application.auth.refresh import Refresh, RefreshHandler
from application.auth.revoke_token import RevokeToken, RevokeTokenHandler
from domain.access import ANONYMOUS
from domain.audit import SecurityEvent
from domain.auth import TokenRevoked
from tests.application.service import Service
from tests.builders import a_user


async def revoke(service: Service, token: str) -> None:
    await service[RevokeTokenHandler](RevokeToken(token=token), ANONYMOUS)


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
async def test_either_token_ends_its_session_and_no_other(service: Service, kind: str) -> None:
    await service.add(ann := a_user())
    here, there = await service.sign_in(ann), await service.sign_in(ann)

    await revoke(service, getattr(here, kind))

    with pytest.raises(TokenRevoked):
        await service.actor(here)
    assert (await service.actor(there)).user_id == ann.id
    [entry] = [
        each for each in service.stored.audit.scan() if each.event is SecurityEvent.SESSION_REVOKED
    ]
    assert entry.target_id == ann.id


async def test_a_spent_refresh_token_ends_its_session_too(service: Service) -> None:
    await service.add(ann := a_user())
    spent = await service.sign_in(ann)
    await service[RefreshHandler](Refresh(refresh_token=spent.refresh_token), ANONYMOUS)

    await revoke(service, spent.refresh_token)

    assert not service.live_sessions_of(ann)


async def test_nothing_is_said_of_what_is_not_known_or_over(service: Service) -> None:
    await service.add(ann := a_user())
    tokens = await service.sign_in(ann)
    await revoke(service, tokens.refresh_token)
    noted = len(list(service.stored.audit.scan()))

    for text in ("junk", "", "\ud800", tokens.refresh_token, tokens.access_token):
        await revoke(service, text)

    assert len(list(service.stored.audit.scan())) == noted
