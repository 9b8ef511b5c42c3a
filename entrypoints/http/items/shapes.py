"""An item as it is sent, shown and asked for."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, GetPydanticSchema
from pydantic_core.core_schema import (
    chain_schema,
    no_info_plain_validator_function,
    str_schema,
)

from application.changes import UNSET
from application.items.create_item import CreateItem
from application.items.create_items import MOST_AT_ONCE
from application.items.update_item import UpdateItem
from domain.errors import Invalid
from domain.items import (
    MAX_ATTRIBUTES_BYTES,
    MAX_DESCRIPTION_LENGTH,
    MAX_TITLE_LENGTH,
    ItemId,
    ItemStatus,
)
from domain.text import Json, clean_json_object
from entrypoints.http.endpoint import parse_json
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


def _json_object(text: str) -> dict[str, Json]:
    value = parse_json(text.encode(errors="surrogatepass"))
    if not isinstance(value, dict):
        raise Invalid.field("attributes", "wrong_type", "must be a JSON object")
    return clean_json_object("attributes", value, largest=MAX_ATTRIBUTES_BYTES)


_JsonObject = Annotated[
    dict[str, JsonMember],
    GetPydanticSchema(
        lambda _source, _handler: chain_schema(
            [str_schema(max_length=16 * 1024), no_info_plain_validator_function(_json_object)]
        )
    ),
]
"""Written as text."""


class ItemFilterQuery(Query):
    q: Line | None = Field(
        default=None, max_length=255, description="Beginnings of words in title or description."
    )
    status: ItemStatus | None = None
    owner_id: UUID | None = None
    created_from: Moment | None = Field(default=None, description="Inclusive.")
    created_to: Moment | None = Field(default=None, description="Exclusive.")
    updated_from: Moment | None = Field(default=None, description="Inclusive.")
    attributes: _JsonObject | None = Field(
        default=None,
        description="A JSON object that the item's attributes must contain.",
        examples=['{"colour": "brass"}'],
    )
    deleted: bool = Field(
        default=False, description="The deleted ones instead; needs `items:delete`."
    )


class ItemQuery(ItemFilterQuery, ListQuery):
    """Filters and a page."""
