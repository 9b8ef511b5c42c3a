"""One transaction: all of it, or nothing."""

import asyncio

import pytest

from domain.access import RoleNotFound
from domain.users import UserNotFound
from tests.builders import LATER, a_role, a_user
from tests.contracts.storage import Storage


async def test_keeps_what_was_committed(storage: Storage) -> None:
    ann, editors = a_user(), a_role()
    async with storage.begin() as uow:
        await uow.users.add(ann)
        await uow.roles.add(editors)
        await uow.commit()

    async with storage.begin() as uow:
        assert await uow.users.get(ann.id) == ann
        assert await uow.roles.get(editors.name) == editors


async def test_forgets_what_was_not_committed(storage: Storage) -> None:
    ann, editors = a_user(), a_role()
    async with storage.begin() as uow:
        await uow.users.add(ann)
        await uow.roles.add(editors)

    async with storage.begin() as uow:
        with pytest.raises(UserNotFound):
            await uow.users.get(ann.id)
        with pytest.raises(RoleNotFound):
            await uow.roles.get(editors.name)


async def test_forgets_changes_that_were_not_committed(storage: Storage) -> None:
    ann, editors = a_user(full_name="Ann Lee"), a_role()
    await storage.add(ann, editors)
    async with storage.begin() as uow:
        user = await uow.users.get(ann.id)
        user.introduce(None, at=user.updated_at)
        await uow.users.save(user)
        role = await uow.roles.get(editors.name)
        role.permit([], at=LATER)
        await uow.roles.save(role)

    async with storage.begin() as uow:
        assert await uow.users.get(ann.id) == ann
        assert await uow.roles.get(editors.name) == editors


async def test_forgets_everything_where_the_block_fails(storage: Storage) -> None:
    ann = a_user()

    async def fail() -> None:
        async with storage.begin() as uow:
            await uow.users.add(ann)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await fail()
    async with storage.begin() as uow:
        with pytest.raises(UserNotFound):
            await uow.users.get(ann.id)


async def test_a_failure_after_the_commit_undoes_nothing(storage: Storage) -> None:
    ann = a_user()

    async def commit_and_fail() -> None:
        async with storage.begin() as uow:
            await uow.users.add(ann)
            await uow.commit()
            raise RuntimeError("afterwards")

    with pytest.raises(RuntimeError, match="afterwards"):
        await commit_and_fail()
    async with storage.begin() as uow:
        assert await uow.users.get(ann.id) == ann


async def test_sees_its_own_changes(storage: Storage) -> None:
    editors = a_role()
    ann = a_user(roles=frozenset({editors.name}))
    async with storage.begin() as uow:
        await uow.roles.add(editors)
        await uow.users.add(ann)
        assert await uow.roles.get(editors.name) == editors
        assert await uow.users.read(ann.id) == ann


async def test_readers_see_what_is_committed_only(storage: Storage) -> None:
    ann = a_user()

    async with storage.begin() as uow:
        await uow.users.add(ann)
        with pytest.raises(UserNotFound):
            await storage.users.get(ann.id)
        await uow.commit()

    assert (await storage.users.get(ann.id)).id == ann.id


async def test_a_cancelled_block_leaves_nothing_behind(storage: Storage) -> None:
    ann = a_user()
    added = asyncio.Event()

    async def add_and_wait() -> None:
        async with storage.begin() as uow:
            await uow.users.add(ann)
            added.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(add_and_wait())
    await added.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await storage.add(a_user(email=ann.email, username=ann.username))


async def test_units_of_work_may_be_many_at_once(storage: Storage) -> None:
    users = [a_user() for _ in range(20)]

    await asyncio.gather(*(storage.add(user) for user in users))

    async with storage.begin() as uow:
        for user in users:
            assert await uow.users.read(user.id) == user
