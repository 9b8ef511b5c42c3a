"""An item as it is sent, shown and asked for."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from application.changes import UNSET
from application.items.create_item import CreateItem
from application.items.create_items import MOST_AT_ONCE
from application.items.update_item import UpdateItem
from domain.items import (
    MAX_DESCRIPTION_LENGTH,
    MAX_TITLE_LENGTH,
    ItemId,
    ItemStatus,
)
from entrypoints.http.schemas import (
    Body,
    Changes,
    Id,
    JsonMember,
    Line,
    ListQuery,
    Moment,
    Name,
    Query,
    Shape,
    Text,
    WrittenJson,
)

Title = Annotated[Name, Field(max_length=MAX_TITLE_LENGTH, examples=["Desk lamp"])]
Description = Annotated[Text, Field(max_length=MAX_DESCRIPTION_LENGTH, examples=["Brass, 1930s"])]
Status = Annotated[ItemStatus, Field(strict=False, examples=["active"])]
Attributes = Annotated[
    dict[str, JsonMember],
    Field(description="Any JSON object of at most 16 KiB.", examples=[{"colour": "brass"}]),
]


class NewItem(Body):
    title: Title
    description: Description | None = None
    status: Status = ItemStatus.DRAFT
    attributes: Attributes = Field(default_factory=dict)

    def command(self) -> CreateItem:
        return CreateItem(
            title=self.title,
            description=self.description,
            status=self.status,
            attributes=self.attributes,
        )


class NewItems(Body):
    items: Annotated[list[NewItem], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ItemChanges(Changes):
    """Only the fields that are present are changed."""

    title: Title = ""
    description: Description | None = None
    status: Status = ItemStatus.DRAFT
    attributes: Attributes = Field(default_factory=dict)

    def command(self, item_id: ItemId, expected_versions: Collection[int] | None) -> UpdateItem:
        sent = self.model_fields_set
        return UpdateItem(
            item_id=item_id,
            title=self.title if "title" in sent else UNSET,
            description=self.description if "description" in sent else UNSET,
            status=self.status if "status" in sent else UNSET,
            attributes=self.attributes if "attributes" in sent else UNSET,
            expected_versions=expected_versions,
        )


class ItemShape(Shape):
    id: Id
    owner_id: Id
    title: str
    description: str | None
    status: ItemStatus
    attributes: dict[str, JsonMember]
    created_at: datetime
    updated_at: datetime
    version: int


class CreatedItemsShape(Shape):
    items: list[ItemShape]


class ItemFilterQuery(Query):
    q: Line | None = Field(
        default=None, max_length=255, description="Beginnings of words in title or description."
    )
    status: ItemStatus | None = None
    owner_id: UUID | None = None
    created_from: Moment | None = Field(default=None, description="Inclusive.")
    created_to: Moment | None = Field(default=None, description="Exclusive.")
    updated_from: Moment | None = Field(default=None, description="Inclusive.")
    attributes: WrittenJson | None = Field(
        default=None,
        description="A JSON object that the item's attributes must contain.",
        examples=['{"colour": "brass"}'],
    )
    deleted: bool = Field(
        default=False, description="The deleted ones instead; needs `items:delete`."
    )


class ItemQuery(ItemFilterQuery, ListQuery):
    """Filters and a page."""
