"""Items."""

from datetime import datetime
from typing import TypedDict, Unpack

import attrs

from domain.access import UserId
from domain.items import Item, ItemId, ItemStatus
from domain.text import Json
from tests.builders import CREATED, UPDATED, new_id, numbers


class ItemFields(TypedDict, total=False):
    id: ItemId
    owner_id: UserId
    title: str
    description: str | None
    status: ItemStatus
    attributes: dict[str, Json]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int


def an_item(**overrides: Unpack[ItemFields]) -> Item:
    item = Item(
        id=ItemId(new_id()),
        owner_id=UserId(new_id()),
        title=f"Lamp {next(numbers)}",
        description="Bends,\nand gives\twarm light",
        status=ItemStatus.ACTIVE,
        attributes={"colour": "green", "sizes": [1, 2.5, None], "stock": {"left": True}},
        created_at=CREATED,
        updated_at=UPDATED,
    )
    return attrs.evolve(item, **overrides)
