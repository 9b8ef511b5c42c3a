"""Refresh tokens, each good for one use."""

import asyncio
from datetime import timedelta

import attrs
import pytest

from domain.auth import RefreshToken, Session
from tests.builders import LATER, UPDATED, a_refresh_token, a_session, a_user
from tests.contracts.racing import let_others_in
from tests.contracts.storage import Storage

TICK = timedelta(microseconds=1)


@pytest.fixture
async def session(storage: Storage) -> Session:
    ann = a_user()
    session = a_session(user_id=ann.id)
    await storage.add(ann, session)
    return session


async def stored(storage: Storage, token: RefreshToken) -> RefreshToken | None:
    async with storage.begin() as uow:
        return await uow.refresh_tokens.find(token.token_hash)


async def test_keeps_every_field(storage: Storage, session: Session) -> None:
    spent = a_refresh_token(session_id=session.id, spent_at=LATER)
    unspent = a_refresh_token(session_id=session.id)
    await storage.add(spent, unspent)

    assert await stored(storage, spent) == spent
    assert await stored(storage, unspent) == unspent


@pytest.mark.parametrize("token_hash", [b"", b"unknown", b"\0" * 32])
async def test_the_unknown_is_not_found(storage: Storage, token_hash: bytes) -> None:
    async with storage.begin() as uow:
        assert await uow.refresh_tokens.find(token_hash) is None
        assert await uow.refresh_tokens.spend(token_hash, at=LATER) is None


async def test_copies_in_and_out(storage: Storage, session: Session) -> None:
    token = a_refresh_token(session_id=session.id)
    async with storage.begin() as uow:
        await uow.refresh_tokens.add(token)
        token.spent_at = LATER
        found = await uow.refresh_tokens.find(token.token_hash)
        assert found is not None
        assert found.spent_at is None
        found.spent_at = LATER
        assert await uow.refresh_tokens.spend(token.token_hash, at=LATER) is not None


async def test_a_live_token_is_spent_once(storage: Storage, session: Session) -> None:
    await storage.add(token := a_refresh_token(session_id=session.id))
    async with storage.begin() as uow:
        spent = await uow.refresh_tokens.spend(token.token_hash, at=LATER)
        again = await uow.refresh_tokens.spend(token.token_hash, at=LATER + TICK)
        await uow.commit()

    assert spent == attrs.evolve(token, spent_at=LATER)
    assert again is None
    assert await stored(storage, token) == spent


async def test_a_refused_spending_is_forgotten(storage: Storage, session: Session) -> None:
    await storage.add(token := a_refresh_token(session_id=session.id))
    async with storage.begin() as uow:
        assert await uow.refresh_tokens.spend(token.token_hash, at=LATER) is not None

    assert await stored(storage, token) == token


async def test_a_token_lives_until_its_time(storage: Storage, session: Session) -> None:
    late = a_refresh_token(session_id=session.id, expires_at=LATER)
    in_time = a_refresh_token(session_id=session.id, expires_at=LATER + TICK)
    await storage.add(late, in_time)

    async with storage.begin() as uow:
        assert await uow.refresh_tokens.spend(late.token_hash, at=LATER) is None
        assert await uow.refresh_tokens.spend(in_time.token_hash, at=LATER) is not None
        await uow.commit()

    assert await stored(storage, late) == late


async def test_other_tokens_of_the_session_stay(storage: Storage, session: Session) -> None:
    one, other = (a_refresh_token(session_id=session.id) for _ in range(2))
    await storage.add(one, other)
    async with storage.begin() as uow:
        await uow.refresh_tokens.spend(one.token_hash, at=UPDATED)
        await uow.commit()

    assert await stored(storage, other) == other


async def test_of_racing_callers_one_is_given_the_token(storage: Storage, session: Session) -> None:
    await storage.add(token := a_refresh_token(session_id=session.id))

    async def spend(after: int) -> RefreshToken | None:
        async with storage.begin() as uow:
            spent = await uow.refresh_tokens.spend(token.token_hash, at=LATER + TICK * after)
            await let_others_in()
            await uow.commit()
        return spent

    outcomes = await asyncio.gather(*map(spend, range(10)))

    winners = [outcome for outcome in outcomes if outcome is not None]
    assert len(winners) == 1
    assert await stored(storage, token) == winners[0]


async def test_where_the_first_gives_up_the_next_is_given_it(
    storage: Storage, session: Session
) -> None:
    await storage.add(token := a_refresh_token(session_id=session.id))

    async def spend(*, commit: bool) -> RefreshToken | None:
        async with storage.begin() as uow:
            spent = await uow.refresh_tokens.spend(token.token_hash, at=LATER)
            await let_others_in()
            if commit:
                await uow.commit()
        return spent

    gave_up, given = await asyncio.gather(spend(commit=False), spend(commit=True))

    assert given is not None
    assert gave_up in (None, given)
    assert await stored(storage, token) == given
