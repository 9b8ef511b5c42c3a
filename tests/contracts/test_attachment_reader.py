"""What is known of files, for showing."""

from datetime import timedelta

import pytest

from domain.attachments import AttachmentNotFound
from domain.items import Item
from tests.builders import CREATED, LATER, a_user
from tests.builders.attachments import an_attachment
from tests.builders.items import an_item
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, walk


@pytest.fixture
async def lamp(storage: Storage) -> Item:
    await storage.add(ann := a_user())
    await storage.add(lamp := an_item(owner_id=ann.id))
    return lamp


async def test_shows_every_field(storage: Storage, lamp: Item) -> None:
    await storage.add(photo := an_attachment(lamp))

    assert await storage.attachments.get(lamp.id, photo.id) == photo
    page = await storage.attachments.page(lamp.id, a_window())
    assert list(page.rows) == [photo]
    assert (page.total, page.has_more) == (1, False)


async def test_shows_those_of_the_item_alone(storage: Storage, lamp: Item) -> None:
    other = an_item(owner_id=lamp.owner_id)
    await storage.add(other)
    await storage.add(photo := an_attachment(lamp))

    with pytest.raises(AttachmentNotFound):
        await storage.attachments.get(other.id, photo.id)
    with pytest.raises(AttachmentNotFound):
        await storage.attachments.get(lamp.id, an_attachment(lamp).id)
    assert not (await storage.attachments.page(other.id, a_window())).rows


async def test_shows_none_of_a_deleted_item(storage: Storage, lamp: Item) -> None:
    await storage.add(gone := an_item(owner_id=lamp.owner_id, deleted_at=LATER))
    await storage.add(photo := an_attachment(gone))

    with pytest.raises(AttachmentNotFound):
        await storage.attachments.get(gone.id, photo.id)


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "filename", "size,-filename"])
async def test_walks_in_any_order_and_leaves_none_out(
    storage: Storage, lamp: Item, sort: str
) -> None:
    attachments = [
        an_attachment(
            lamp,
            filename=f"{'abc'[number % 3]}.txt",
            size=number % 2,
            created_at=CREATED + timedelta(seconds=number // 2),
        )
        for number in range(7)
    ]
    await storage.add(*attachments)

    pages = await walk(lambda window: storage.attachments.page(lamp.id, window), sort, limit=2)

    assert [len(page) for page in pages] == [2, 2, 2, 1]
    walked = [each for page in pages for each in page]
    assert sorted(each.id for each in walked) == sorted(each.id for each in attachments)
    field = sort.partition(",")[0].removeprefix("-")
    values = [getattr(each, field) for each in walked]
    assert values == sorted(values, reverse=sort.startswith("-"))


async def test_sums_up_what_is_somebodys(storage: Storage, lamp: Item) -> None:
    assert await storage.attachments.bytes_of(lamp.owner_id) == 0
    await storage.add(an_attachment(lamp, size=2**40), an_attachment(lamp, size=3))

    assert await storage.attachments.bytes_of(lamp.owner_id) == 2**40 + 3
    assert await storage.attachments.bytes_of(a_user().id) == 0


async def test_tells_which_there_are(storage: Storage, lamp: Item) -> None:
    gone = an_item(owner_id=lamp.owner_id, deleted_at=LATER)
    await storage.add(gone)
    await storage.add(photo := an_attachment(lamp), of_gone := an_attachment(gone))
    unknown = an_attachment(lamp)

    known = await storage.attachments.known([photo.blob_id, unknown.blob_id, of_gone.blob_id])

    assert known == {photo.blob_id, of_gone.blob_id}
    assert await storage.attachments.known([]) == frozenset()
