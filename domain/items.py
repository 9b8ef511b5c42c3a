"""Items: the first resource, and the pattern for those that follow."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import attrs

from domain.access import UserId
from domain.errors import NotFound
from domain.text import Json, clean_json_object, clean_line, clean_text

ItemId = NewType("ItemId", UUID)

MAX_TITLE_LENGTH = 255
MAX_DESCRIPTION_LENGTH = 10_000
MAX_ATTRIBUTES_BYTES = 16 * 1024


class ItemStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class ItemNotFound(NotFound):
    """There is no such item, or it is not yours to see."""

    code = "item_not_found"
    title = "No such item"


def _clean_title(title: str) -> str:
    return clean_line("title", title, shortest=1, longest=MAX_TITLE_LENGTH)


def _clean_description(description: str | None) -> str | None:
    if description is None:
        return None
    return clean_text("description", description, longest=MAX_DESCRIPTION_LENGTH)


def _clean_attributes(attributes: dict[str, Json]) -> dict[str, Json]:
    return clean_json_object("attributes", attributes, largest=MAX_ATTRIBUTES_BYTES)


@attrs.define(kw_only=True)
class Item:
    """Something a user owns. Deleting is soft and can be undone."""

    id: ItemId = attrs.field(on_setattr=attrs.setters.frozen)
    owner_id: UserId = attrs.field(on_setattr=attrs.setters.frozen)
    title: str = attrs.field(converter=_clean_title)
    description: str | None = attrs.field(default=None, converter=_clean_description)
    status: ItemStatus = attrs.field(default=ItemStatus.DRAFT, converter=ItemStatus)
    attributes: dict[str, Json] = attrs.field(factory=dict, converter=_clean_attributes)
    created_at: datetime = attrs.field(on_setattr=attrs.setters.frozen)
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def change(self, *, at: datetime, **fields: object) -> None:
        """Those that are named. Raise `Invalid`."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.updated_at = at

    def delete(self, *, at: datetime) -> None:
        self.deleted_at = at
        self.updated_at = at

    def restore(self, *, at: datetime) -> None:
        self.deleted_at = None
        self.updated_at = at
