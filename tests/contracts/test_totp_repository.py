"""Authenticator apps, their last steps and their recovery codes."""

import asyncio
from collections.abc import Awaitable, Callable

import attrs
import pytest

from application.unit_of_work import UnitOfWork
from domain.secrets import SealedSecret
from domain.totp import Totp, recovery_code_hash
from domain.users import User, UserNotFound
from tests.builders import CREATED, LATER, RECOVERY_CODES, UPDATED, a_totp, a_user
from tests.contracts.racing import let_others_in
from tests.contracts.storage import Storage

STEP = 59_077_001


@pytest.fixture
async def ann(storage: Storage) -> User:
    ann = a_user()
    await storage.add(ann)
    return ann


async def stored(storage: Storage, user: User) -> Totp | None:
    async with storage.begin() as uow:
        return await uow.totps.find(user.id)


async def test_keeps_every_field(storage: Storage, ann: User) -> None:
    await storage.add(totp := a_totp(ann.id))

    assert await stored(storage, ann) == totp


async def test_keeps_one_that_is_new(storage: Storage, ann: User) -> None:
    totp = a_totp(
        ann.id, confirmed_at=None, last_step=None, recovery_codes=frozenset(), failures=()
    )
    await storage.add(totp)

    assert await stored(storage, ann) == totp


async def test_belongs_to_somebody(storage: Storage) -> None:
    with pytest.raises(UserNotFound):
        await storage.add(a_totp(a_user().id))


async def test_nobody_has_one_at_first(storage: Storage, ann: User) -> None:
    async with storage.begin() as uow:
        assert await uow.totps.find(ann.id) is None
        assert not await uow.totps.is_on(ann.id)
        assert not await uow.totps.accept_step(ann.id, STEP)
        assert not await uow.totps.spend_recovery_code(ann.id, b"")
        await uow.totps.remove(ann.id)


async def test_a_new_one_takes_the_place_of_the_old(storage: Storage, ann: User) -> None:
    new = a_totp(ann.id, sealed_secret=b"new", confirmed_at=None, last_step=None, created_at=LATER)
    await storage.add(a_totp(ann.id), new)

    assert await stored(storage, ann) == new


async def test_copies_in_and_out(storage: Storage, ann: User) -> None:
    totp = a_totp(ann.id, failures=())
    async with storage.begin() as uow:
        await uow.totps.put(totp)
        totp.note_failure(at=UPDATED)
        found = await uow.totps.find(ann.id)
        assert found is not None
        found.note_failure(at=UPDATED)
        assert await uow.totps.find(ann.id) == attrs.evolve(totp, failures=())


async def test_is_on_once_it_is_confirmed(storage: Storage, ann: User) -> None:
    totp = a_totp(ann.id, confirmed_at=None)
    await storage.add(totp)
    async with storage.begin() as uow:
        assert not await uow.totps.is_on(ann.id)
        totp.confirm(at=UPDATED)
        await uow.totps.save(totp)
        assert await uow.totps.is_on(ann.id)


async def test_saves_all_but_the_last_step(storage: Storage, ann: User) -> None:
    await storage.add(totp := a_totp(ann.id, last_step=STEP))
    changed = attrs.evolve(
        totp,
        key_id="key-2",
        sealed_secret=b"sealed anew",
        confirmed_at=LATER,
        recovery_codes=frozenset({b"other"}),
        failures=(LATER,),
        last_step=STEP - 1,
    )
    async with storage.begin() as uow:
        await uow.totps.save(changed)
        await uow.commit()

    assert await stored(storage, ann) == attrs.evolve(changed, last_step=STEP)


async def test_a_step_is_accepted_once_and_none_before_it(storage: Storage, ann: User) -> None:
    await storage.add(a_totp(ann.id, last_step=None))
    async with storage.begin() as uow:
        assert await uow.totps.accept_step(ann.id, STEP)
        assert not await uow.totps.accept_step(ann.id, STEP)
        assert not await uow.totps.accept_step(ann.id, STEP - 1)
        assert await uow.totps.accept_step(ann.id, STEP + 1)


async def test_a_recovery_code_is_spent_once(storage: Storage, ann: User) -> None:
    await storage.add(a_totp(ann.id))
    first, *others = [recovery_code_hash(code, ann.id) for code in RECOVERY_CODES]
    async with storage.begin() as uow:
        assert await uow.totps.spend_recovery_code(ann.id, first)
        assert not await uow.totps.spend_recovery_code(ann.id, first)
        assert not await uow.totps.spend_recovery_code(ann.id, b"unheard-of")
        found = await uow.totps.find(ann.id)

    assert found is not None
    assert found.recovery_codes == frozenset(others)


async def test_nobody_spends_anothers_recovery_code(storage: Storage, ann: User) -> None:
    bob = a_user()
    await storage.add(bob, a_totp(ann.id), theirs := a_totp(bob.id))
    [code, *_] = theirs.recovery_codes
    async with storage.begin() as uow:
        assert not await uow.totps.spend_recovery_code(ann.id, code)


async def test_before_it_is_on_no_recovery_code_is_good(storage: Storage, ann: User) -> None:
    await storage.add(totp := a_totp(ann.id, confirmed_at=None))
    async with storage.begin() as uow:
        for code in totp.recovery_codes:
            assert not await uow.totps.spend_recovery_code(ann.id, code)


async def test_is_gone_once_it_is_removed(storage: Storage, ann: User) -> None:
    bob = a_user()
    await storage.add(bob, a_totp(ann.id), theirs := a_totp(bob.id))
    async with storage.begin() as uow:
        await uow.totps.remove(ann.id)
        await uow.commit()

    assert await stored(storage, ann) is None
    assert await stored(storage, bob) == theirs


async def test_finds_what_other_keys_sealed(storage: Storage) -> None:
    users = [a_user() for _ in range(5)]
    totps = [
        a_totp(user.id, key_id="new" if number == 2 else "old", created_at=CREATED)
        for number, user in enumerate(users)
    ]
    await storage.add(*users, *totps)
    async with storage.begin() as uow:
        first = await uow.totps.sealed_by_others("new", after=None, limit=3)
        assert first == [totps[0], totps[1], totps[3]]
        rest = await uow.totps.sealed_by_others("new", after=first[-1].user_id, limit=3)
        assert rest == [totps[4]]
        assert await uow.totps.count_sealed_by_others({"new"}) == 4
        assert await uow.totps.count_sealed_by_others({"old", "older"}) == 1
        for totp in (*first, *rest):
            totp.reseal(SealedSecret("new", b"sealed anew"))
            await uow.totps.save(totp)
        assert not await uow.totps.sealed_by_others("new", after=None, limit=3)


Spend = Callable[[UnitOfWork, User], Awaitable[bool]]


async def accept_a_step(uow: UnitOfWork, ann: User) -> bool:
    return await uow.totps.accept_step(ann.id, STEP)


async def spend_a_recovery_code(uow: UnitOfWork, ann: User) -> bool:
    return await uow.totps.spend_recovery_code(
        ann.id, recovery_code_hash(RECOVERY_CODES[0], ann.id)
    )


@pytest.mark.parametrize("spend", [accept_a_step, spend_a_recovery_code])
async def test_of_racing_callers_one_wins_in_200_rounds(
    storage: Storage, ann: User, spend: Spend
) -> None:
    async def race() -> bool:
        async with storage.begin() as uow:
            won = await spend(uow, ann)
            await let_others_in()
            await uow.commit()
        return won

    for _ in range(200):
        await storage.add(a_totp(ann.id, last_step=STEP - 1))
        assert sorted(await asyncio.gather(race(), race())) == [False, True]


@pytest.mark.parametrize("spend", [accept_a_step, spend_a_recovery_code])
async def test_where_the_first_gives_up_the_next_wins(
    storage: Storage, ann: User, spend: Spend
) -> None:
    await storage.add(a_totp(ann.id, last_step=STEP - 1))

    async def race(*, commit: bool) -> bool:
        async with storage.begin() as uow:
            won = await spend(uow, ann)
            await let_others_in()
            if commit:
                await uow.commit()
        return won

    assert (await asyncio.gather(race(commit=False), race(commit=True)))[1]


async def test_failures_that_come_at_once_are_all_counted(storage: Storage, ann: User) -> None:
    await storage.add(a_totp(ann.id, failures=()))

    async def fail() -> None:
        async with storage.begin() as uow:
            totp = await uow.totps.find(ann.id)
            assert totp is not None
            await let_others_in()
            totp.note_failure(at=UPDATED)
            await uow.totps.save(totp)
            await uow.commit()

    await asyncio.gather(*(fail() for _ in range(8)))

    totp = await stored(storage, ann)
    assert totp is not None
    assert len(totp.failures) == 8
