"""What a program may do with items: what it is scoped to, on its owner's own as on everyone's."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from application.items.create_item import CreateItem, CreateItemHandler
from application.items.delete_item import DeleteItem, DeleteItemHandler
from application.items.export_items import ExportItems, ExportItemsHandler
from application.items.get_item import GetItem, GetItemHandler
from application.items.list_items import ListItems, ListItemsHandler
from application.items.restore_item import RestoreItem, RestoreItemHandler
from application.items.update_item import UpdateItem, UpdateItemHandler
from domain.access import EVERY_PERMISSION, Actor, ApiKeyId, Permission, PermissionDenied
from domain.items import Item, ItemId, ItemNotFound
from domain.users import User
from tests.application.service import Service
from tests.builders import a_user, new_id
from tests.builders.items import an_item

CREATE, READ, UPDATE, DELETE = (
    Permission.ITEMS_CREATE,
    Permission.ITEMS_READ,
    Permission.ITEMS_UPDATE,
    Permission.ITEMS_DELETE,
)
Act: TypeAlias = Callable[[Service, ItemId, Actor], Awaitable[object]]


async def get(service: Service, item_id: ItemId, actor: Actor) -> object:
    return await service[GetItemHandler](GetItem(item_id=item_id), actor)


async def update(service: Service, item_id: ItemId, actor: Actor) -> object:
    return await service[UpdateItemHandler](UpdateItem(item_id=item_id, title="Lantern"), actor)


async def delete(service: Service, item_id: ItemId, actor: Actor) -> None:
    await service[DeleteItemHandler](DeleteItem(item_id=item_id), actor)


async def restore(service: Service, item_id: ItemId, actor: Actor) -> object:
    return await service[RestoreItemHandler](RestoreItem(item_id=item_id), actor)


ACTS = {READ: get, UPDATE: update, DELETE: delete}


def program(owner: User, *scopes: Permission, held: frozenset[Permission] = frozenset()) -> Actor:
    return Actor.with_api_key(ApiKeyId(new_id()), frozenset(scopes), owner_id=owner.id, held=held)


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


@pytest.fixture
async def own(service: Service, ann: User) -> Item:
    await service.add(own := an_item(owner_id=ann.id))
    return own


@pytest.fixture
async def anothers(service: Service) -> Item:
    await service.add(bob := a_user())
    await service.add(item := an_item(owner_id=bob.id))
    return item


@pytest.mark.parametrize("scope", ACTS)
async def test_its_owners_own_takes_the_scope_alone(
    service: Service, ann: User, own: Item, anothers: Item, scope: Permission
) -> None:
    for item, held in ((own, frozenset[Permission]()), (anothers, EVERY_PERMISSION)):
        await ACTS[scope](service, item.id, program(ann, scope, held=held))


@pytest.mark.parametrize("act", [get, update, delete, restore])
async def test_anothers_takes_the_permission_of_its_owner_too(
    service: Service, ann: User, anothers: Item, act: Act
) -> None:
    with pytest.raises(ItemNotFound):
        await act(service, anothers.id, program(ann, CREATE, READ, UPDATE, DELETE))


@pytest.mark.parametrize("act", [update, delete, restore])
@pytest.mark.parametrize("held", [frozenset(), EVERY_PERMISSION], ids=["nothing", "everything"])
async def test_what_may_only_read_changes_nothing_not_even_its_owners_own(
    service: Service, ann: User, own: Item, act: Act, held: frozenset[Permission]
) -> None:
    with pytest.raises(PermissionDenied):
        await act(service, own.id, program(ann, CREATE, READ, held=held))

    assert service.item(own) == own


@pytest.mark.parametrize("act", [get, update, delete, restore])
async def test_what_may_only_create_sees_and_changes_nothing(
    service: Service, ann: User, own: Item, act: Act
) -> None:
    creating = program(ann, CREATE, held=EVERY_PERMISSION)

    with pytest.raises(ItemNotFound):
        await act(service, own.id, creating)
    with pytest.raises(PermissionDenied):
        await service[ListItemsHandler](ListItems(), creating)
    with pytest.raises(PermissionDenied):
        service[ExportItemsHandler](ExportItems(), creating)
    shown = await service[CreateItemHandler](CreateItem(title="Lamp"), creating)
    assert shown.owner_id == ann.id


async def test_what_may_read_lists_what_its_owner_would_see(
    service: Service, ann: User, own: Item, anothers: Item
) -> None:
    for held, seen in (
        (frozenset[Permission](), {own.id}),
        (frozenset({READ}), {own.id, anothers.id}),
    ):
        page = await service[ListItemsHandler](ListItems(), program(ann, READ, held=held))
        assert {item.id for item in page.items} == seen


async def test_creating_takes_the_scope(service: Service, ann: User) -> None:
    with pytest.raises(PermissionDenied):
        await service[CreateItemHandler](
            CreateItem(title="Lamp"), program(ann, READ, UPDATE, DELETE, held=EVERY_PERMISSION)
        )
