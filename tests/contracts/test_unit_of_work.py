"""One transaction: all of it, or nothing."""

import asyncio

import pytest

from domain.access import RoleNotFound
from domain.items import ItemNotFound
from domain.users import UserNotFound
from tests.builders import a_role, a_user
from tests.builders.items import an_item
from tests.contracts.storage import Storage


async def test_keeps_what_was_committed(storage: Storage) -> None:
    ann = a_user()
    lamp = an_item(owner_id=ann.id)
    async with storage.begin() as uow:
        await uow.users.add(ann)
        await uow.items.add(lamp)
        await uow.commit()

    async with storage.begin() as uow:
        assert await uow.users.get(ann.id) == ann
        assert await uow.items.get(lamp.id) == lamp


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
    ann = a_user(full_name="Ann Lee")
    lamp = an_item(owner_id=ann.id)
    await storage.add(ann, lamp)
    async with storage.begin() as uow:
        user = await uow.users.get(ann.id)
        user.introduce(None, at=user.updated_at)
        await uow.users.save(user)
        item = await uow.items.get(lamp.id)
        item.change(attributes={}, at=item.updated_at)
        await uow.items.save(item)

    async with storage.begin() as uow:
        assert await uow.users.get(ann.id) == ann
        assert await uow.items.get(lamp.id) == lamp


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
    ann = a_user()
    lamp = an_item(owner_id=ann.id)
    async with storage.begin() as uow:
        await uow.users.add(ann)
        await uow.items.add(lamp)
        assert await uow.items.get(lamp.id) == lamp
        assert await uow.users.read(ann.id) == ann


async def test_readers_see_what_is_committed_only(storage: Storage) -> None:
    ann = a_user()
    await storage.add(ann)
    lamp = an_item(owner_id=ann.id)

    async with storage.begin() as uow:
        await uow.items.add(lamp)
        with pytest.raises(ItemNotFound):
            await storage.items.get(lamp.id)
        await uow.commit()

    assert (await storage.items.get(lamp.id)).id == lamp.id


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
