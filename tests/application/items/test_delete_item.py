"""Deleting items and bringing them back."""

import attrs
import pytest

from application.items.delete_item import DeleteItem, DeleteItemHandler
from application.items.restore_item import RestoreItem, RestoreItemHandler
from application.items.views import ItemView
from domain.access import ANONYMOUS, SYSTEM, Actor, Permission, PermissionDenied
from domain.errors import VersionMismatch
from domain.items import Item, ItemNotFound
from domain.users import User
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor
from tests.builders.items import an_item


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


@pytest.fixture
async def lamp(service: Service, ann: User) -> Item:
    await service.add(lamp := an_item(owner_id=ann.id, version=3))
    return lamp


@pytest.fixture
async def gone(service: Service, ann: User) -> Item:
    await service.add(gone := an_item(owner_id=ann.id, version=3, deleted_at=LATER))
    return gone


async def test_owners_delete_their_items(service: Service, lamp: Item) -> None:
    await service[DeleteItemHandler](
        DeleteItem(item_id=lamp.id, expected_versions={3}), an_actor(user_id=lamp.owner_id)
    )

    now = service.clock.now()
    assert service.item(lamp) == attrs.evolve(lamp, deleted_at=now, updated_at=now, version=4)


async def test_the_permission_deletes_everyones(service: Service, lamp: Item) -> None:
    await service[DeleteItemHandler](DeleteItem(item_id=lamp.id), an_actor(Permission.ITEMS_DELETE))

    assert service.item(lamp).deleted_at is not None


async def test_deleting_twice_finds_nothing(service: Service, gone: Item) -> None:
    with pytest.raises(ItemNotFound):
        await service[DeleteItemHandler](DeleteItem(item_id=gone.id), SYSTEM)


@pytest.mark.parametrize("actor", [an_actor(Permission.ITEMS_UPDATE), ANONYMOUS])
async def test_anothers_item_is_like_none(
    service: Service, lamp: Item, gone: Item, actor: Actor
) -> None:
    for item in (lamp, an_item()):
        with pytest.raises(ItemNotFound):
            await service[DeleteItemHandler](DeleteItem(item_id=item.id), actor)
    for item in (gone, an_item()):
        with pytest.raises(ItemNotFound):
            await service[RestoreItemHandler](RestoreItem(item_id=item.id), actor)
    assert service.item(lamp) == lamp
    assert service.item(gone) == gone


async def test_who_may_only_see_it_is_told_so(service: Service, lamp: Item, gone: Item) -> None:
    reader = an_actor(Permission.ITEMS_READ)

    with pytest.raises(PermissionDenied):
        await service[DeleteItemHandler](DeleteItem(item_id=lamp.id), reader)
    with pytest.raises(PermissionDenied):
        await service[RestoreItemHandler](RestoreItem(item_id=gone.id), reader)


async def test_a_stale_version_deletes_nothing(service: Service, lamp: Item) -> None:
    with pytest.raises(VersionMismatch):
        await service[DeleteItemHandler](DeleteItem(item_id=lamp.id, expected_versions={2}), SYSTEM)
    assert service.item(lamp) == lamp


async def test_owners_restore_their_items(service: Service, gone: Item) -> None:
    shown = await service[RestoreItemHandler](
        RestoreItem(item_id=gone.id), an_actor(user_id=gone.owner_id)
    )

    restored = service.item(gone)
    assert restored == attrs.evolve(
        gone, deleted_at=None, updated_at=service.clock.now(), version=4
    )
    assert shown == ItemView.of(restored)


async def test_the_permission_restores_everyones(service: Service, gone: Item) -> None:
    await service[RestoreItemHandler](
        RestoreItem(item_id=gone.id), an_actor(Permission.ITEMS_DELETE)
    )

    assert service.item(gone).deleted_at is None


async def test_restoring_what_was_never_deleted_changes_nothing(
    service: Service, lamp: Item
) -> None:
    shown = await service[RestoreItemHandler](RestoreItem(item_id=lamp.id), SYSTEM)

    assert shown == ItemView.of(lamp)
    assert service.item(lamp) == lamp
