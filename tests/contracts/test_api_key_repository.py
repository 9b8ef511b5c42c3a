"""Whole API keys, for changing."""

import asyncio
from datetime import datetime, timedelta

import attrs
import pytest

from domain.access import ApiKeyId
from domain.api_keys import USE_IS_NOTED_EVERY, ApiKey, ApiKeyNotFound
from domain.users import User
from tests.builders import CREATED, LATER, UPDATED, a_user, an_api_key, new_id
from tests.contracts.storage import Storage

TICK = timedelta(microseconds=1)


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


async def stored(storage: Storage, key: ApiKey) -> ApiKey:
    async with storage.begin() as uow:
        return await uow.api_keys.get(key.id)


async def test_keeps_every_field(storage: Storage, ann: User) -> None:
    full = an_api_key(user_id=ann.id)
    bare = an_api_key(user_id=ann.id, permissions=frozenset(), expires_at=None, last_used_at=None)
    await storage.add(full, bare)

    assert await stored(storage, full) == full
    assert await stored(storage, bare) == bare


async def test_forgets_what_was_not_committed(storage: Storage, ann: User) -> None:
    key = an_api_key(user_id=ann.id)
    async with storage.begin() as uow:
        await uow.api_keys.add(key)

    with pytest.raises(ApiKeyNotFound):
        await stored(storage, key)


async def test_the_unknown_is_not_found(storage: Storage) -> None:
    async with storage.begin() as uow:
        with pytest.raises(ApiKeyNotFound):
            await uow.api_keys.get(ApiKeyId(new_id()))


async def test_what_is_removed_is_gone(storage: Storage, ann: User) -> None:
    await storage.add(key := an_api_key(user_id=ann.id), other := an_api_key(user_id=ann.id))
    async with storage.begin() as uow:
        await uow.api_keys.remove(await uow.api_keys.get(key.id))
        await uow.commit()

    with pytest.raises(ApiKeyNotFound):
        await stored(storage, key)
    assert await stored(storage, other) == other


async def test_removes_all_of_one_owner(storage: Storage, ann: User) -> None:
    await storage.add(bob := a_user())
    keys = [an_api_key(user_id=ann.id) for _ in range(2)]
    await storage.add(*keys, other := an_api_key(user_id=bob.id))
    for key in keys:
        assert await storage.callers.find_by_api_key(key.key_hash) is not None
    async with storage.begin() as uow:
        assert await uow.api_keys.remove_all(ann.id) == 2
        await uow.commit()

    assert await stored(storage, other) == other
    for key in keys:
        assert await storage.callers.find_by_api_key(key.key_hash) is None


async def test_counts_the_live_keys_of_one_owner(storage: Storage, ann: User) -> None:
    await storage.add(bob := a_user())
    await storage.add(
        an_api_key(user_id=ann.id, expires_at=None),
        an_api_key(user_id=ann.id, expires_at=LATER + TICK),
        an_api_key(user_id=ann.id, expires_at=LATER),
        an_api_key(user_id=bob.id),
    )

    async with storage.begin() as uow:
        assert await uow.api_keys.count_live(ann.id, at=LATER) == 2
        assert await uow.api_keys.count_live(a_user().id, at=LATER) == 0


@pytest.mark.parametrize(
    ("last_used_at", "noted"),
    [
        (None, True),
        (LATER - USE_IS_NOTED_EVERY, True),
        (LATER - USE_IS_NOTED_EVERY + TICK, False),
        (LATER + TICK, False),
    ],
)
async def test_notes_a_use_once_in_a_while(
    storage: Storage, ann: User, *, last_used_at: datetime | None, noted: bool
) -> None:
    await storage.add(key := an_api_key(user_id=ann.id, last_used_at=last_used_at))
    async with storage.begin() as uow:
        await uow.api_keys.note_use(key.id, at=LATER)
        await uow.commit()

    expected = attrs.evolve(key, last_used_at=LATER if noted else last_used_at)
    assert await stored(storage, key) == expected


async def test_notes_no_use_of_what_is_gone(storage: Storage) -> None:
    async with storage.begin() as uow:
        await uow.api_keys.note_use(ApiKeyId(new_id()), at=UPDATED)
        await uow.commit()


async def test_uses_at_once_do_not_get_into_each_others_way(storage: Storage, ann: User) -> None:
    await storage.add(key := an_api_key(user_id=ann.id, last_used_at=CREATED))

    async def use(number: int) -> None:
        async with storage.begin() as uow:
            await uow.api_keys.note_use(key.id, at=LATER + TICK * number)
            await uow.commit()

    await asyncio.gather(*map(use, range(10)))

    noted = (await stored(storage, key)).last_used_at
    assert noted is not None
    assert LATER <= noted < LATER + TICK * 10
