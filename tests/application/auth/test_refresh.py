"""Exchanging a refresh token for a new pair."""

import asyncio
from datetime import timedelta

import pytest

from application.auth.refresh import Refresh, RefreshHandler, RefreshReuseLeeway
from application.auth.views import IssuedTokens
from application.users.update_user import UpdateUser, UpdateUserHandler
from domain.access import ANONYMOUS, SYSTEM
from domain.auth import InvalidCredentials, SessionLifetime, TokenExpired, TokenRevoked
from domain.users import InactiveUser, User
from tests.application.service import Service
from tests.builders import a_role, a_user

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
async def ann(service: Service) -> User:
    service.use(SessionLifetime, SessionLifetime(absolute=10 * DAY, idle=3 * DAY))
    await service.add(ann := a_user())
    return ann


async def refresh(service: Service, tokens: IssuedTokens) -> IssuedTokens:
    return await service[RefreshHandler](Refresh(refresh_token=tokens.refresh_token), ANONYMOUS)


async def test_a_new_pair_takes_the_old_ones_place(service: Service, ann: User) -> None:
    first = await service.sign_in(ann)
    service.clock.advance(DAY)

    second = await refresh(service, first)

    assert second.refresh_token != first.refresh_token
    assert second.access_token != first.access_token
    assert second.expires_in == 15 * 60
    assert second.scope == first.scope
    actor = await service.actor(second)
    assert actor.user_id == ann.id
    [session] = service.live_sessions_of(ann)
    assert actor.session_id == session.id
    assert session.last_used_at == service.clock.now()
    assert session.expires_at == session.created_at + 10 * DAY


async def test_a_chain_goes_on(service: Service, ann: User) -> None:
    tokens = await service.sign_in(ann)
    seen = {tokens.refresh_token}

    for _ in range(5):
        tokens = await refresh(service, tokens)
        seen.add(tokens.refresh_token)

    assert len(seen) == 6
    assert len(service.live_sessions_of(ann)) == 1


async def test_a_spent_token_ends_its_session_for_good(service: Service, ann: User) -> None:
    stolen = await service.sign_in(ann)
    tokens = await refresh(service, stolen)
    service.clock.advance(SECOND)

    with pytest.raises(TokenRevoked):
        await refresh(service, stolen)

    assert service.live_sessions_of(ann) == []
    with pytest.raises(TokenRevoked):
        await refresh(service, tokens)
    with pytest.raises(TokenRevoked):
        await service.actor(tokens)


async def test_the_other_sessions_of_the_user_go_on(service: Service, ann: User) -> None:
    elsewhere = await service.sign_in(ann)
    stolen = await service.sign_in(ann)
    await refresh(service, stolen)

    with pytest.raises(TokenRevoked):
        await refresh(service, stolen)

    await refresh(service, elsewhere)


async def test_any_ancestor_counts_as_spent(service: Service, ann: User) -> None:
    first = await service.sign_in(ann)
    third = await refresh(service, await refresh(service, first))

    with pytest.raises(TokenRevoked):
        await refresh(service, first)
    with pytest.raises(TokenRevoked):
        await refresh(service, third)


async def test_of_racing_repeats_one_is_served_and_the_session_ends(
    service: Service, ann: User
) -> None:
    tokens = await service.sign_in(ann)

    outcomes = await asyncio.gather(
        *(refresh(service, tokens) for _ in range(8)), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [IssuedTokens] + [TokenRevoked] * 7
    assert service.live_sessions_of(ann) == []


async def test_within_the_leeway_a_repeat_gets_the_same_successor(
    service: Service, ann: User
) -> None:
    service.use(RefreshReuseLeeway, RefreshReuseLeeway(10 * SECOND))
    lost = await service.sign_in(ann)
    first = await refresh(service, lost)
    service.clock.advance(9 * SECOND)

    repeated = await refresh(service, lost)

    assert repeated.refresh_token == first.refresh_token
    await refresh(service, repeated)
    assert len(service.live_sessions_of(ann)) == 1


async def test_racing_repeats_within_the_leeway_all_get_the_same(
    service: Service, ann: User
) -> None:
    service.use(RefreshReuseLeeway, RefreshReuseLeeway(10 * SECOND))
    tokens = await service.sign_in(ann)

    outcomes = await asyncio.gather(*(refresh(service, tokens) for _ in range(8)))

    assert len({outcome.refresh_token for outcome in outcomes}) == 1
    assert len(list(service.stored.refresh_tokens.scan())) == 2


async def test_after_the_leeway_a_repeat_ends_the_session(service: Service, ann: User) -> None:
    service.use(RefreshReuseLeeway, RefreshReuseLeeway(10 * SECOND))
    stolen = await service.sign_in(ann)
    await refresh(service, stolen)
    service.clock.advance(10 * SECOND)

    with pytest.raises(TokenRevoked):
        await refresh(service, stolen)
    assert service.live_sessions_of(ann) == []


async def test_the_leeway_does_not_revive_an_ended_session(service: Service, ann: User) -> None:
    service.use(RefreshReuseLeeway, RefreshReuseLeeway(10 * SECOND))
    tokens = await service.sign_in(ann)
    await refresh(service, tokens)
    async with service.database() as uow:
        await uow.sessions.revoke_all(ann.id, at=service.clock.now())
        await uow.commit()

    with pytest.raises(TokenRevoked):
        await refresh(service, tokens)


async def test_an_unused_token_expires(service: Service, ann: User) -> None:
    tokens = await service.sign_in(ann)
    service.clock.advance(3 * DAY)

    with pytest.raises(TokenExpired):
        await refresh(service, tokens)


async def test_a_token_lives_until_the_very_end(service: Service, ann: User) -> None:
    tokens = await service.sign_in(ann)
    service.clock.advance(3 * DAY - timedelta(microseconds=1))

    await refresh(service, tokens)


async def test_a_session_in_use_still_ends_in_the_end(service: Service, ann: User) -> None:
    tokens = await service.sign_in(ann)
    for _ in range(4):
        service.clock.advance(2 * DAY)
        tokens = await refresh(service, tokens)
    service.clock.advance(2 * DAY)

    with pytest.raises(TokenExpired):
        await refresh(service, tokens)


async def test_a_spent_token_past_its_time_still_ends_the_session(
    service: Service, ann: User
) -> None:
    stolen = await service.sign_in(ann)
    service.clock.advance(2 * DAY)
    tokens = await refresh(service, stolen)
    service.clock.advance(2 * DAY)

    with pytest.raises(TokenRevoked):
        await refresh(service, stolen)
    with pytest.raises(TokenRevoked):
        await refresh(service, tokens)


@pytest.mark.parametrize("text", ["", "unknown", "\0", "\ud800", "x" * 10_000])
async def test_an_unknown_token_is_refused(service: Service, ann: User, text: str) -> None:
    await service.sign_in(ann)

    with pytest.raises(InvalidCredentials):
        await service[RefreshHandler](Refresh(refresh_token=text), ANONYMOUS)
    assert len(service.live_sessions_of(ann)) == 1


async def test_a_successor_is_worth_nothing_before_its_time(service: Service, ann: User) -> None:
    tokens = await service.sign_in(ann)

    with pytest.raises(InvalidCredentials):
        await service[RefreshHandler](Refresh(refresh_token=f"{tokens.refresh_token}'"), ANONYMOUS)


async def test_a_refused_refresh_spends_nothing(service: Service, ann: User) -> None:
    tokens = await service.sign_in(ann)
    async with service.database() as uow:
        user = await uow.users.get(ann.id)
        user.deactivate(at=service.clock.now())
        await uow.users.save(user)
        await uow.commit()

    with pytest.raises(InactiveUser):
        await refresh(service, tokens)

    [token] = service.stored.refresh_tokens.scan()
    assert token.spent_at is None


async def test_deactivating_ends_the_chain(service: Service, ann: User) -> None:
    tokens = await service.sign_in(ann)
    await service[UpdateUserHandler](UpdateUser(user_id=ann.id, is_active=False), SYSTEM)
    await service[UpdateUserHandler](UpdateUser(user_id=ann.id, is_active=True), SYSTEM)

    with pytest.raises(TokenRevoked):
        await refresh(service, tokens)


async def test_new_rights_are_in_the_new_scope(service: Service, ann: User) -> None:
    await service.add(editors := a_role())
    tokens = await service.sign_in(ann)
    async with service.database() as uow:
        user = await uow.users.get(ann.id)
        user.assign([editors.name], at=service.clock.now())
        await uow.users.save(user)
        await uow.commit()

    assert (await refresh(service, tokens)).scope == "users:read users:update"


async def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(Refresh(refresh_token="secret"))
