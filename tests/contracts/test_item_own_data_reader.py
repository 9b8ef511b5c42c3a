"""An account's items and their files, for their owner."""

from tests.builders import LATER, a_user
from tests.builders.attachments import an_attachment
from tests.builders.items import an_item
from tests.contracts.storage import Storage


async def test_tells_of_items_deleted_or_not_and_of_their_files(storage: Storage) -> None:
    ann, bob = a_user(), a_user()
    lamp, desk = an_item(owner_id=ann.id), an_item(owner_id=bob.id)
    gone = an_item(owner_id=ann.id, deleted_at=LATER)
    await storage.add(ann, bob, lamp, gone, desk, an_attachment(lamp), an_attachment(desk))

    records = [record async for record in storage.own_data.stream(ann.id)]

    assert [record.section for record in records] == ["account", "items", "items", "attachments"]
    assert set(storage.own_data.sections) >= {record.section for record in records}
    item, deleted, attachment = (record.values for record in records[1:])
    assert (item["deleted_at"], deleted["deleted_at"]) == (None, LATER)
    assert (attachment["item_id"], attachment["content_type"]) == (item["id"], "text/plain")
