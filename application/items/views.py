"""Items as they are shown."""

from datetime import datetime

import attrs

from domain.access import UserId
from domain.items import Item, ItemId, ItemStatus
from domain.text import Json


@attrs.frozen
class ItemView:
    id: ItemId
    owner_id: UserId
    title: str
    description: str | None
    status: ItemStatus = attrs.field(converter=ItemStatus)
    attributes: dict[str, Json]
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, item: Item) -> "ItemView":
        return cls(**{field.name: getattr(item, field.name) for field in attrs.fields(cls)})
