"""What is known of files, for changing."""

import asyncio

import pytest

from domain.attachments import Attachment, AttachmentNotFound
from domain.items import Item, ItemNotFound
from domain.users import User
from tests.builders import LATER, a_user
from tests.builders.attachments import an_attachment
from tests.builders.items import an_item
from tests.contracts.racing import let_others_in
from tests.contracts.storage import Storage


@pytest.fixture
async def ann(storage: Storage) -> User:
    await storage.add(ann := a_user())
    return ann


@pytest.fixture
async def lamp(storage: Storage, ann: User) -> Item:
    await storage.add(lamp := an_item(owner_id=ann.id))
    return lamp


async def stored(storage: Storage, attachment: Attachment) -> Attachment:
    async with storage.begin() as uow:
        return await uow.attachments.get(attachment.item_id, attachment.id)


async def test_keeps_every_field(storage: Storage, lamp: Item) -> None:
    full = an_attachment(lamp, filename="Été 照明 💡.txt", content_type="text/x-lamp")
    empty = an_attachment(lamp, size=0)
    await storage.add(full, empty)

    assert await stored(storage, full) == full
    assert await stored(storage, empty) == empty


async def test_an_attachment_is_found_by_its_item_alone(storage: Storage, lamp: Item) -> None:
    other = an_item(owner_id=lamp.owner_id)
    photo = an_attachment(lamp)
    await storage.add(other, photo)

    async with storage.begin() as uow:
        with pytest.raises(AttachmentNotFound):
            await uow.attachments.get(other.id, photo.id)
        with pytest.raises(AttachmentNotFound):
            await uow.attachments.get(lamp.id, an_attachment(lamp).id)


async def test_refuses_an_item_that_is_not_there(storage: Storage, lamp: Item) -> None:
    nowhere = an_attachment(an_item(owner_id=lamp.owner_id))
    async with storage.begin() as uow:
        with pytest.raises(ItemNotFound):
            await uow.attachments.add(nowhere)


async def test_an_item_may_have_been_deleted_meanwhile(storage: Storage, ann: User) -> None:
    await storage.add(gone := an_item(owner_id=ann.id, deleted_at=LATER))
    await storage.add(photo := an_attachment(gone))

    assert await stored(storage, photo) == photo


async def test_sums_up_what_is_somebodys(storage: Storage, lamp: Item) -> None:
    await storage.add(bob := a_user())
    await storage.add(desk := an_item(owner_id=bob.id, deleted_at=LATER))
    await storage.add(
        an_attachment(lamp, size=2**40),
        an_attachment(lamp, size=3),
        an_attachment(desk, size=5),
    )

    async with storage.begin() as uow:
        assert await uow.attachments.bytes_of(lamp.owner_id) == 2**40 + 3
        assert await uow.attachments.bytes_of(bob.id) == 5
        assert await uow.attachments.bytes_of(a_user().id) == 0


async def test_whoever_asks_for_the_sum_is_alone_until_the_end(
    storage: Storage, lamp: Item
) -> None:
    quota = 50

    async def add() -> bool:
        async with storage.begin() as uow:
            used = await uow.attachments.bytes_of(lamp.owner_id)
            await let_others_in()
            if used + 10 > quota:
                return False
            await uow.attachments.add(an_attachment(lamp, size=10))
            await uow.commit()
        return True

    added = await asyncio.gather(*(add() for _ in range(10)))

    assert sum(added) == 5
    assert await storage.attachments.bytes_of(lamp.owner_id) == quota


async def test_removes(storage: Storage, lamp: Item) -> None:
    photo, kept = an_attachment(lamp), an_attachment(lamp)
    await storage.add(photo, kept)

    async with storage.begin() as uow:
        await uow.attachments.remove(photo)
        await uow.commit()

    with pytest.raises(AttachmentNotFound):
        await stored(storage, photo)
    assert await stored(storage, kept) == kept


async def test_removes_what_is_somebodys_and_tells_which(storage: Storage, lamp: Item) -> None:
    await storage.add(bob := a_user())
    await storage.add(desk := an_item(owner_id=bob.id))
    theirs = [an_attachment(lamp) for _ in range(3)]
    await storage.add(*theirs, kept := an_attachment(desk))

    async with storage.begin() as uow:
        removed = [
            *await uow.attachments.remove_all_of({lamp.owner_id}, limit=2),
            *await uow.attachments.remove_all_of({lamp.owner_id}, limit=2),
        ]
        assert await uow.attachments.remove_all_of({lamp.owner_id}, limit=2) == []
        await uow.commit()

    assert sorted(removed) == sorted(each.blob_id for each in theirs)
    assert await stored(storage, kept) == kept
