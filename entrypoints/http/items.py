"""Items over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from application.changes import UNSET
from application.items.create_item import CreateItem, CreateItemHandler
from application.items.delete_item import DeleteItem, DeleteItemHandler
from application.items.get_item import GetItem, GetItemHandler
from application.items.list_items import ListItems, ListItemsHandler
from application.items.ports import ItemFilter
from application.items.restore_item import RestoreItem, RestoreItemHandler
from application.items.update_item import UpdateItem, UpdateItemHandler
from application.items.views import ItemView
from application.paging import Page as PageOfViews
from domain.access import Permission, PermissionDenied, UserId
from domain.errors import Invalid, VersionMismatch
from domain.items import (
    MAX_ATTRIBUTES_BYTES,
    MAX_DESCRIPTION_LENGTH,
    MAX_TITLE_LENGTH,
    ItemId,
    ItemNotFound,
    ItemStatus,
)
from domain.text import Json, clean_json_object
from entrypoints.http.conditional import ExpectedVersions, answer, etag_of
from entrypoints.http.endpoint import parse_json
from entrypoints.http.routing import API_V1_STR, declared, needs, own_or, router_of
from entrypoints.http.schemas import (
    Body,
    Changes,
    Id,
    JsonMember,
    Line,
    ListQuery,
    Moment,
    Page,
    Shape,
    Text,
)
from entrypoints.http.wiring import CurrentActor, Inject

router = router_of("items", prefix=f"{API_V1_STR}/items")

Title = Annotated[Line, Field(min_length=1, max_length=MAX_TITLE_LENGTH, examples=["Desk lamp"])]
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


class ItemChanges(Changes):
    """Only the fields that are present are changed."""

    title: Title = ""
    description: Description | None = None
    status: Status = ItemStatus.DRAFT
    attributes: Attributes = Field(default_factory=dict)


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


class ItemQuery(ListQuery):
    q: Line | None = Field(
        default=None, max_length=255, description="Beginnings of words in title or description."
    )
    status: ItemStatus | None = None
    owner_id: UUID | None = None
    created_from: Moment | None = Field(default=None, description="Inclusive.")
    created_to: Moment | None = Field(default=None, description="Exclusive.")
    updated_from: Moment | None = Field(default=None, description="Inclusive.")
    attributes: str | None = Field(
        default=None,
        max_length=16 * 1024,
        description="A JSON object that the item's attributes must contain.",
        examples=['{"colour": "brass"}'],
    )
    deleted: bool = Field(
        default=False, description="The deleted ones instead; needs `items:delete`."
    )

    def chosen(self) -> ItemFilter:
        return ItemFilter(
            q=self.q,
            status=self.status,
            owner_id=None if self.owner_id is None else UserId(self.owner_id),
            created_from=self.created_from,
            created_to=self.created_to,
            updated_from=self.updated_from,
            attributes=None if self.attributes is None else _json_object(self.attributes),
            deleted=self.deleted,
        )


def _json_object(text: str) -> dict[str, Json]:
    value = parse_json(text.encode(errors="surrogatepass"))
    if not isinstance(value, dict):
        raise Invalid.field("attributes", "wrong_type", "must be a JSON object")
    return clean_json_object("attributes", value, largest=MAX_ATTRIBUTES_BYTES)


@router.get(
    "/{item_id}",
    response_model=ItemShape,
    summary="Get an item",
    **declared(own_or(Permission.ITEMS_READ), ItemNotFound, conditional=True),
)
async def get_item(
    item_id: UUID,
    request: Request,
    response: Response,
    actor: CurrentActor,
    get: Inject[GetItemHandler],
) -> ItemView | Response:
    """One's own item, or anyone's with `items:read`. With `If-None-Match`, 304 where the caller
    has it already."""
    item = await get(GetItem(item_id=ItemId(item_id)), actor)
    return answer(request, response, etag_of(item.version)) or item


@router.get(
    "",
    response_model=Page[ItemShape],
    summary="List items",
    **declared(own_or(Permission.ITEMS_READ), PermissionDenied),
)
async def list_items(
    query: Annotated[ItemQuery, Query()],
    actor: CurrentActor,
    list_: Inject[ListItemsHandler],
) -> PageOfViews[ItemView]:
    """One's own items, or everyone's with `items:read`. Sorts by `created_at`, `updated_at`,
    `title` and `status`."""
    return await list_(ListItems(chosen=query.chosen(), page=query.page()), actor)


@router.post(
    "",
    status_code=201,
    response_model=ItemShape,
    summary="Create an item",
    **declared(needs(Permission.ITEMS_CREATE), PermissionDenied, repeatable=True),
)
async def create_item(
    body: NewItem, response: Response, actor: CurrentActor, create: Inject[CreateItemHandler]
) -> ItemView:
    """The caller becomes its owner."""
    item = await create(
        CreateItem(
            title=body.title,
            description=body.description,
            status=body.status,
            attributes=body.attributes,
        ),
        actor,
    )
    response.headers["Location"] = f"/api/v1/items/{item.id}"
    response.headers["ETag"] = etag_of(item.version)
    return item


@router.patch(
    "/{item_id}",
    response_model=ItemShape,
    summary="Change an item",
    **declared(own_or(Permission.ITEMS_UPDATE), ItemNotFound, PermissionDenied, VersionMismatch),
)
async def update_item(
    item_id: UUID,
    body: ItemChanges,
    response: Response,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    update: Inject[UpdateItemHandler],
) -> ItemView:
    """Changes the fields that are present and leaves the others."""
    sent = body.model_fields_set
    item = await update(
        UpdateItem(
            item_id=ItemId(item_id),
            title=body.title if "title" in sent else UNSET,
            description=body.description if "description" in sent else UNSET,
            status=body.status if "status" in sent else UNSET,
            attributes=body.attributes if "attributes" in sent else UNSET,
            expected_versions=expected_versions,
        ),
        actor,
    )
    response.headers["ETag"] = etag_of(item.version)
    return item


@router.delete(
    "/{item_id}",
    status_code=204,
    summary="Delete an item",
    **declared(own_or(Permission.ITEMS_DELETE), ItemNotFound, PermissionDenied, VersionMismatch),
)
async def delete_item(
    item_id: UUID,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    delete: Inject[DeleteItemHandler],
) -> None:
    """Softly: it can be restored."""
    await delete(DeleteItem(item_id=ItemId(item_id), expected_versions=expected_versions), actor)


@router.post(
    "/{item_id}/restore",
    response_model=ItemShape,
    summary="Restore an item",
    **declared(own_or(Permission.ITEMS_DELETE), ItemNotFound, PermissionDenied),
)
async def restore_item(
    item_id: UUID, response: Response, actor: CurrentActor, restore: Inject[RestoreItemHandler]
) -> ItemView:
    """Brings a deleted item back; one that is not deleted stays as it is."""
    item = await restore(RestoreItem(item_id=ItemId(item_id)), actor)
    response.headers["ETag"] = etag_of(item.version)
    return item
