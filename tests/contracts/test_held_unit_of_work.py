"""One transaction, made to last by whoever holds it."""

import asyncio

import pytest

from domain.errors import Unavailable
from domain.idempotency import IdempotencyKeyInUse
from domain.users import User, UserNotFound
from tests.builders import a_kept_answer, a_user
from tests.contracts.storage import Storage

ANSWER = a_kept_answer().id
OTHER = a_kept_answer().id


async def is_stored(storage: Storage, user: User) -> bool:
    async with storage.begin() as uow:
        try:
            await uow.users.get(user.id)
        except UserNotFound:
            return False
    return True


async def test_what_is_to_last_is_undone_unless_it_is_settled(storage: Storage) -> None:
    ann = a_user()
    async with storage.hold.held(ANSWER) as uow:
        await uow.users.add(ann)
        await uow.commit()
        assert uow.is_to_last

    assert not await is_stored(storage, ann)


async def test_settles_what_was_to_last_and_what_came_after(storage: Storage) -> None:
    ann, answer = a_user(), a_kept_answer()
    async with storage.hold.held(ANSWER) as uow:
        assert not uow.is_to_last
        await uow.users.add(ann)
        await uow.commit()
        await uow.kept_answers.add(answer)
        await uow.settle()

    assert await is_stored(storage, ann)
    assert await storage.kept_answers.find(answer.id) == answer


async def test_two_are_not_held_for_one_answer(storage: Storage) -> None:
    async with storage.hold.held(ANSWER):
        with pytest.raises(IdempotencyKeyInUse):
            async with storage.hold.held(ANSWER):
                pytest.fail("it is held twice")


async def test_the_next_one_may_hold_it_however_the_last_one_ended(storage: Storage) -> None:
    async with storage.hold.held(ANSWER) as uow:
        await uow.settle()
    with pytest.raises(Unavailable):
        async with storage.hold.held(ANSWER):
            raise Unavailable

    async with storage.hold.held(ANSWER) as uow:
        await uow.settle()


async def test_of_many_at_once_one_holds_it(storage: Storage) -> None:
    async def hold() -> str:
        try:
            async with storage.hold.held(ANSWER):
                await everyone.wait()
        except IdempotencyKeyInUse:
            if len([task for task in racing if not task.done()]) <= 2:
                everyone.set()
            return "refused"
        return "held"

    everyone = asyncio.Event()
    racing = [asyncio.create_task(hold()) for _ in range(10)]
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(*racing)

    assert sorted(outcomes) == ["held"] + ["refused"] * 9


async def test_other_answers_do_not_wait(storage: Storage) -> None:
    """Where one transaction waits for another anyway, it goes on when that is over."""
    async with storage.hold.held(ANSWER) as first:
        await first.settle()
    async with storage.hold.held(OTHER) as second:
        await second.settle()
