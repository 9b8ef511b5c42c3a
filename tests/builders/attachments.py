"""Files at items."""

from datetime import datetime
from typing import TypedDict, Unpack

import attrs

from domain.access import UserId
from domain.attachments import Attachment, AttachmentId
from domain.items import Item, ItemId
from tests.builders import UPDATED, new_id, numbers


class AttachmentFields(TypedDict, total=False):
    id: AttachmentId
    item_id: ItemId
    owner_id: UserId
    filename: str
    content_type: str
    size: int
    sha256: str
    created_at: datetime


def an_attachment(item: Item, **overrides: Unpack[AttachmentFields]) -> Attachment:
    attachment = Attachment(
        id=AttachmentId(new_id()),
        item_id=item.id,
        owner_id=item.owner_id,
        filename=f"Été {next(numbers)}.txt",
        content_type="text/plain",
        size=2**40 + 1,
        sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        created_at=UPDATED,
    )
    return attrs.evolve(attachment, **overrides)
