"""Answers are kept once, and for as long as they are wanted."""

from datetime import timedelta

import pytest

from domain.idempotency import IdempotencyKeyInUse
from tests.builders import CREATED, a_kept_answer
from tests.contracts.storage import Storage
from tests.storing import keep

TICK = timedelta(microseconds=1)


async def test_of_two_answers_under_one_key_the_first_is_kept(storage: Storage) -> None:
    first = a_kept_answer(sealed_answer=b"first")
    await keep(storage.begin, first)

    async with storage.begin() as uow:
        with pytest.raises(IdempotencyKeyInUse):
            await uow.kept_answers.add(a_kept_answer(id=first.id, sealed_answer=b"second"))

    assert await storage.kept_answers.find(first.id) == first


async def test_forgets_the_old_ones_and_keeps_the_others(storage: Storage) -> None:
    old, young = a_kept_answer(created_at=CREATED - TICK), a_kept_answer(created_at=CREATED)
    await keep(storage.begin, old, young)

    async with storage.begin() as uow:
        assert await uow.kept_answers.sweep(before=CREATED, limit=10) == 1
        await uow.commit()

    assert await storage.kept_answers.find(old.id) is None
    assert await storage.kept_answers.find(young.id) == young


async def test_forgets_no_more_at_once_than_it_is_told_the_oldest_first(storage: Storage) -> None:
    answers = [a_kept_answer(created_at=CREATED - number * TICK) for number in (1, 3, 2)]
    await keep(storage.begin, *answers)

    async with storage.begin() as uow:
        assert await uow.kept_answers.sweep(before=CREATED, limit=2) == 2
        await uow.commit()

    assert await storage.kept_answers.find(answers[0].id) == answers[0]
