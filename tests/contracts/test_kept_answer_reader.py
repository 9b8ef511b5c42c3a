"""What was answered, looked up before anything is done again."""

from tests.builders import a_kept_answer
from tests.contracts.storage import Storage
from tests.storing import keep


async def test_finds_every_field_of_what_was_kept(storage: Storage) -> None:
    answer = a_kept_answer()
    await keep(storage.begin, answer, a_kept_answer())

    assert await storage.kept_answers.find(answer.id) == answer


async def test_the_unknown_is_not_found(storage: Storage) -> None:
    assert await storage.kept_answers.find(a_kept_answer().id) is None


async def test_what_was_not_committed_is_not_found(storage: Storage) -> None:
    answer = a_kept_answer()
    async with storage.begin() as uow:
        await uow.kept_answers.add(answer)

    assert await storage.kept_answers.find(answer.id) is None
