"""Items, one by one, by the page and by the batch."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from application.items.create_item import CreateItemHandler
from application.items.create_items import CreateItems, CreateItemsHandler
from application.items.delete_item import DeleteItem, DeleteItemHandler
from application.items.follow_items import FollowItemsHandler
from application.items.get_item import GetItem, GetItemHandler
from application.items.list_items import ListItems, ListItemsHandler
from application.items.listing import ItemFilter
from application.items.restore_item import RestoreItem, RestoreItemHandler
from application.items.update_item import UpdateItemHandler
from application.items.views import ItemView
from application.paging import Page as PageOfViews
from domain.access import Permission, PermissionDenied
from domain.errors import VersionMismatch
from domain.items import ItemId, ItemNotFound
from entrypoints.http.conditional import ExpectedVersions, answer, etag_of
from entrypoints.http.events import add_events
from entrypoints.http.items.shapes import (
    CreatedItemsShape,
    ItemChanges,
    ItemQuery,
    ItemShape,
    NewItem,
    NewItems,
)
from entrypoints.http.routing import API_V1_STR, MAKES_MANY, declared, needs, own_or, router_of
from entrypoints.http.schemas import Page
from entrypoints.http.wiring import CurrentActor, Inject

router = router_of("items", prefix=f"{API_V1_STR}/items")


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
    return await list_(ListItems(chosen=ItemFilter.of(query), page=query.page()), actor)


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
    item = await create(body.command(), actor)
    response.headers["Location"] = f"/api/v1/items/{item.id}"
    response.headers["ETag"] = etag_of(item.version)
    return item


@router.post(
    "/batch",
    status_code=201,
    response_model=CreatedItemsShape,
    summary="Create items",
    **declared(
        needs(Permission.ITEMS_CREATE),
        PermissionDenied,
        repeatable=True,
        extra={MAKES_MANY: True},
    ),
)
async def create_items(
    body: NewItems, actor: CurrentActor, create: Inject[CreateItemsHandler]
) -> Mapping[str, Sequence[ItemView]]:
    """Up to 1 000, in the order they were sent: all of them, or none where any is bad."""
    items = await create(CreateItems(items=[each.command() for each in body.items]), actor)
    return {"items": items}


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
    item = await update(body.command(ItemId(item_id), expected_versions), actor)
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


add_events(router, FollowItemsHandler, ItemShape)
