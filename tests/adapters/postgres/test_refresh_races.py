"""Refreshes that meet in PostgreSQL, each at the point where it hurts most."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import attrs
import pytest

from application.auth.authenticate import AuthenticateHandler
from application.auth.login import Login, LoginHandler
from application.auth.refresh import Refresh, RefreshHandler, RefreshReuseLeeway
from application.auth.views import IssuedTokens
from application.users.register_user import RegisterUser, RegisterUserHandler
from domain.access import ANONYMOUS, SYSTEM, SessionId
from domain.auth import TokenRevoked
from domain.passwords import Password
from entrypoints.bootstrap.running import Inside
from tests.adapters.postgres.watching import Session, until

PASSWORD = Password("correct horse battery staple")
_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
_TOKENS = "SELECT count(*) FROM refresh_tokens WHERE session_id = $1"
_UNSPENT = f"{_TOKENS} AND spent_at IS NULL"
_ENDED = "SELECT revoked_at IS NOT NULL FROM sessions WHERE id = $1"
_TOLD = "SELECT count(*) FROM jobs WHERE payload::text LIKE '%refresh_token_reused%'"


@attrs.frozen
class Signed:
    """A sign-in of Ann's, and a look at what is stored of it."""

    inside: Inside
    tokens: IssuedTokens
    session_id: SessionId
    beside: Session

    async def refresh(self, tokens: IssuedTokens, *, leeway: int = 0) -> IssuedTokens:
        handler = attrs.evolve(
            self.inside.services[RefreshHandler],
            leeway=RefreshReuseLeeway(timedelta(seconds=leeway)),
        )
        return await handler(Refresh(refresh_token=tokens.refresh_token), ANONYMOUS)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Whoever needs the session's row waits for as long as this lasts."""
        begin = self.inside.services[RefreshHandler].begin
        async with begin() as uow:
            await uow.sessions.get(self.session_id)
            yield

    async def waiting(self, count: int) -> None:
        async def they_wait() -> bool:
            return bool(await self.beside.fetchval(_WAITING) == count)

        await until(they_wait)

    async def has_ended(self) -> bool:
        return bool(await self.beside.fetchval(_ENDED, self.session_id))

    async def tokens_stored(self) -> int:
        return int(await self.beside.fetchval(_TOKENS, self.session_id))

    async def unspent(self) -> int:
        return int(await self.beside.fetchval(_UNSPENT, self.session_id))

    async def mails(self) -> int:
        return int(await self.beside.fetchval(_TOLD))


@pytest.fixture
async def signed(inside: Inside, database_url: str) -> AsyncIterator[Signed]:
    await inside.services[RegisterUserHandler](
        RegisterUser(email="ann@example.com", password=PASSWORD), SYSTEM
    )
    beside = await asyncpg.connect(database_url)
    yield await signed_in_again(inside, beside)
    await beside.close()


async def signed_in_again(inside: Inside, beside: Session) -> Signed:
    login = Login(name="ann@example.com", password=PASSWORD)
    tokens = await inside.services[LoginHandler](login, ANONYMOUS)
    actor = await inside.services[AuthenticateHandler](tokens.access_token)
    assert actor.session_id is not None
    return Signed(inside, tokens, actor.session_id, beside)


async def outcomes_of(
    *tasks: "asyncio.Task[IssuedTokens]",
) -> Sequence[IssuedTokens | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_loser_waits_for_the_winner_and_ends_what_it_won(signed: Signed) -> None:
    async with signed.held():
        winner = asyncio.create_task(signed.refresh(signed.tokens))
        await signed.waiting(1)
        # Spent by one who has not committed: the other can't know yet whether it comes too late.
        loser = asyncio.create_task(signed.refresh(signed.tokens))
        await signed.waiting(2)
    won, lost = await outcomes_of(winner, loser)
    assert isinstance(won, IssuedTokens)
    assert isinstance(lost, TokenRevoked)
    assert await signed.has_ended()
    with pytest.raises(TokenRevoked):
        await signed.refresh(won)
    with pytest.raises(TokenRevoked):
        await signed.inside.services[AuthenticateHandler](won.access_token)


async def test_where_the_winner_gives_up_the_next_wins_and_nothing_ends(signed: Signed) -> None:
    async with signed.held():
        gives_up = asyncio.create_task(signed.refresh(signed.tokens))
        await signed.waiting(1)
        next_ = asyncio.create_task(signed.refresh(signed.tokens))
        await signed.waiting(2)
        gives_up.cancel()
        await signed.waiting(1)
    _, won = await outcomes_of(gives_up, next_)
    assert isinstance(won, IssuedTokens)
    assert not await signed.has_ended()
    await signed.refresh(won)


@pytest.mark.parametrize("thief_is_first", [True, False])
async def test_a_replay_ends_the_session_whichever_way_it_meets_the_owners_next_refresh(
    signed: Signed, thief_is_first: bool
) -> None:
    successor = await signed.refresh(signed.tokens)
    presented = [signed.tokens, successor] if thief_is_first else [successor, signed.tokens]
    async with signed.held():
        tasks = []
        for tokens in presented:
            tasks.append(asyncio.create_task(signed.refresh(tokens)))
            await signed.waiting(len(tasks))
    outcomes = await outcomes_of(*tasks)
    assert await signed.has_ended()
    if thief_is_first:
        assert [type(outcome) for outcome in outcomes] == [TokenRevoked] * 2
    else:
        owner, thief = outcomes
        assert isinstance(thief, TokenRevoked)
        # Served before the replay came; of no use after it.
        assert isinstance(owner, IssuedTokens)
        with pytest.raises(TokenRevoked):
            await signed.refresh(owner)


async def test_within_the_leeway_200_pairs_get_one_successor_each(signed: Signed) -> None:
    for round_ in range(1, 201):
        first, second = await asyncio.gather(
            *(signed.refresh(signed.tokens, leeway=10) for _ in range(2))
        )
        assert first.refresh_token == second.refresh_token
        assert await signed.tokens_stored() == round_ + 1
        assert await signed.unspent() == 1
        signed = attrs.evolve(signed, tokens=first)
    assert not await signed.has_ended()


async def test_within_the_leeway_the_loser_waits_and_gets_what_the_winner_got(
    signed: Signed,
) -> None:
    async with signed.held():
        tasks = []
        for _ in range(4):
            tasks.append(asyncio.create_task(signed.refresh(signed.tokens, leeway=10)))
            await signed.waiting(len(tasks))
    outcomes = await asyncio.gather(*tasks)
    assert len({outcome.refresh_token for outcome in outcomes}) == 1
    assert await signed.tokens_stored() == 2
    # Each may go on, but they are on one branch: the second to do so after the leeway is a replay.
    await signed.refresh(outcomes[0])
    with pytest.raises(TokenRevoked):
        await signed.refresh(outcomes[1])
    assert await signed.has_ended()


async def test_whoever_replays_again_and_again_fills_no_mailbox(signed: Signed) -> None:
    before = await signed.mails()
    await signed.refresh(signed.tokens)
    for _ in range(5):
        with pytest.raises(TokenRevoked):
            await signed.refresh(signed.tokens)
    assert await signed.mails() == before + 1
