"""What the links in mails stand for, each good for one use."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
import pytest

from domain.one_time_tokens import OneTimeToken, TokenPurpose
from domain.users import User
from tests.builders import CREATED, LATER, UPDATED, a_one_time_token, a_user
from tests.contracts.racing import let_others_in
from tests.contracts.storage import Storage

TICK = timedelta(microseconds=1)
VERIFY, RESET, CONFIRM, NOT_ME = TokenPurpose


@pytest.fixture
async def ann(storage: Storage) -> User:
    ann = a_user()
    await storage.add(ann)
    return ann


def a_token_of(
    user: User,
    purpose: TokenPurpose = RESET,
    *,
    email: str = "ann@example.com",
    expires_at: datetime = LATER,
) -> OneTimeToken:
    return a_one_time_token(user_id=user.id, purpose=purpose, email=email, expires_at=expires_at)


async def live(storage: Storage, *tokens: OneTimeToken) -> Sequence[OneTimeToken]:
    async with storage.begin() as uow:
        found = [await uow.one_time_tokens.find(token.id, at=UPDATED) for token in tokens]
    return [token for token in found if token is not None]


async def test_keeps_every_field(storage: Storage, ann: User) -> None:
    tokens = [a_token_of(ann, purpose, email=f"{purpose}@Example.com") for purpose in TokenPurpose]
    await storage.add(*tokens)

    assert await live(storage, *tokens) == tokens


async def test_the_unknown_is_not_found(storage: Storage, ann: User) -> None:
    unknown = a_token_of(ann)
    async with storage.begin() as uow:
        assert await uow.one_time_tokens.find(unknown.id, at=UPDATED) is None
        assert await uow.one_time_tokens.spend(unknown.id, at=UPDATED) is None


async def test_copies_in_and_out(storage: Storage, ann: User) -> None:
    token = a_token_of(ann)
    async with storage.begin() as uow:
        await uow.one_time_tokens.add(token)
        token.spent_at = UPDATED
        found = await uow.one_time_tokens.find(token.id, at=UPDATED)
        assert found is not None
        found.spent_at = UPDATED
        assert await uow.one_time_tokens.spend(token.id, at=UPDATED) is not None


async def test_a_live_token_is_spent_once(storage: Storage, ann: User) -> None:
    await storage.add(token := a_token_of(ann))
    async with storage.begin() as uow:
        spent = await uow.one_time_tokens.spend(token.id, at=UPDATED)
        again = await uow.one_time_tokens.spend(token.id, at=UPDATED + TICK)
        await uow.commit()

    assert spent == attrs.evolve(token, spent_at=UPDATED)
    assert again is None
    assert await live(storage, token) == []


async def test_a_refused_spending_is_forgotten(storage: Storage, ann: User) -> None:
    await storage.add(token := a_token_of(ann))
    async with storage.begin() as uow:
        assert await uow.one_time_tokens.spend(token.id, at=UPDATED) is not None

    assert await live(storage, token) == [token]


async def test_a_token_lives_until_its_time(storage: Storage, ann: User) -> None:
    late = a_token_of(ann, RESET, expires_at=UPDATED)
    in_time = a_token_of(ann, VERIFY, expires_at=UPDATED + TICK)
    await storage.add(late, in_time)

    assert await live(storage, late, in_time) == [in_time]
    async with storage.begin() as uow:
        assert await uow.one_time_tokens.spend(late.id, at=UPDATED) is None
        assert await uow.one_time_tokens.spend(in_time.id, at=UPDATED) is not None


async def test_the_newest_takes_the_place_of_the_one_before(storage: Storage, ann: User) -> None:
    first, second = a_token_of(ann), a_token_of(ann)
    await storage.add(first, second)

    assert await live(storage, first, second) == [second]


async def test_the_newest_is_good_where_the_one_before_was_spent(
    storage: Storage, ann: User
) -> None:
    first, second = a_token_of(ann), a_token_of(ann)
    await storage.add(first)
    async with storage.begin() as uow:
        await uow.one_time_tokens.spend(first.id, at=UPDATED)
        await uow.one_time_tokens.add(second)
        await uow.commit()

    assert await live(storage, first, second) == [second]


async def test_leaves_other_purposes_addresses_and_users_alone(storage: Storage, ann: User) -> None:
    bob = a_user()
    tokens = [
        a_token_of(ann),
        a_token_of(ann, VERIFY),
        a_token_of(ann, email="new@example.com"),
        a_token_of(bob),
    ]
    await storage.add(bob, *tokens)

    assert await live(storage, *tokens) == tokens


async def test_ends_all_of_some_purposes(storage: Storage, ann: User) -> None:
    bob = a_user()
    ending = [
        a_token_of(ann, RESET),
        a_token_of(ann, CONFIRM, email="new@example.com"),
        a_token_of(ann, CONFIRM, email="other@example.com"),
    ]
    staying = [a_token_of(ann, NOT_ME), a_token_of(bob, RESET)]
    await storage.add(bob, *ending, *staying)
    async with storage.begin() as uow:
        await uow.one_time_tokens.end_all(ann.id, {RESET, CONFIRM})
        await uow.commit()

    assert await live(storage, *ending, *staying) == staying


async def test_ends_none_of_no_purpose(storage: Storage, ann: User) -> None:
    await storage.add(token := a_token_of(ann))
    async with storage.begin() as uow:
        await uow.one_time_tokens.end_all(ann.id, ())
        await uow.commit()

    assert await live(storage, token) == [token]


async def test_sweeps_those_whose_time_was_over(storage: Storage, ann: User) -> None:
    old = a_token_of(ann, RESET, expires_at=CREATED)
    just_over = a_token_of(ann, CONFIRM, expires_at=CREATED + TICK)
    young = a_token_of(ann, VERIFY, expires_at=CREATED + 2 * TICK)
    await storage.add(old, just_over, young)
    async with storage.begin() as uow:
        assert await uow.one_time_tokens.sweep(before=CREATED + TICK) == 2
        assert await uow.one_time_tokens.sweep(before=CREATED + TICK) == 0
        for token, is_there in ((old, False), (just_over, False), (young, True)):
            found = await uow.one_time_tokens.find(token.id, at=CREATED - TICK)
            assert (found is not None) is is_there


async def test_of_racing_callers_one_is_given_the_token(storage: Storage, ann: User) -> None:
    await storage.add(token := a_token_of(ann))

    async def spend(after: int) -> OneTimeToken | None:
        async with storage.begin() as uow:
            spent = await uow.one_time_tokens.spend(token.id, at=UPDATED + TICK * after)
            await let_others_in()
            await uow.commit()
        return spent

    outcomes = await asyncio.gather(*map(spend, range(10)))

    assert len([outcome for outcome in outcomes if outcome is not None]) == 1
    assert await live(storage, token) == []


async def test_where_the_first_gives_up_the_next_is_given_it(storage: Storage, ann: User) -> None:
    await storage.add(token := a_token_of(ann))

    async def spend(*, commit: bool) -> OneTimeToken | None:
        async with storage.begin() as uow:
            spent = await uow.one_time_tokens.spend(token.id, at=UPDATED)
            await let_others_in()
            if commit:
                await uow.commit()
        return spent

    _, given = await asyncio.gather(spend(commit=False), spend(commit=True))

    assert given is not None


async def test_of_tokens_made_at_once_one_is_good(storage: Storage, ann: User) -> None:
    tokens = [a_token_of(ann) for _ in range(10)]

    async def add(token: OneTimeToken) -> None:
        async with storage.begin() as uow:
            await let_others_in()
            await uow.one_time_tokens.add(token)
            await let_others_in()
            await uow.commit()

    await asyncio.gather(*map(add, tokens))

    assert len(await live(storage, *tokens)) == 1


async def test_one_that_is_replaced_while_it_is_spent_is_spent_or_gone(
    storage: Storage, ann: User
) -> None:
    await storage.add(old := a_token_of(ann))
    new = a_token_of(ann)

    async def spend() -> OneTimeToken | None:
        async with storage.begin() as uow:
            spent = await uow.one_time_tokens.spend(old.id, at=UPDATED)
            await let_others_in()
            await uow.commit()
        return spent

    async def replace() -> None:
        async with storage.begin() as uow:
            await uow.one_time_tokens.add(new)
            await let_others_in()
            await uow.commit()

    await asyncio.gather(spend(), replace())

    assert await live(storage, old, new) == [new]
