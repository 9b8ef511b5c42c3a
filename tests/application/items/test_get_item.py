"""Showing an item."""

import pytest

from application.items.get_item import GetItem, GetItemHandler
from application.items.views import ItemView
from domain.access import ANONYMOUS, SYSTEM, Actor, Permission
from domain.items import ItemNotFound
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor
from tests.builders.items import an_item


async def test_owners_see_their_items(service: Service) -> None:
    await service.add(ann := a_user(), lamp := an_item(owner_id=ann.id))

    shown = await service[GetItemHandler](GetItem(item_id=lamp.id), an_actor(user_id=ann.id))

    assert shown == ItemView.of(lamp)


@pytest.mark.parametrize("actor", [an_actor(Permission.ITEMS_READ), SYSTEM])
async def test_the_permission_shows_everyones(service: Service, actor: Actor) -> None:
    await service.add(ann := a_user(), lamp := an_item(owner_id=ann.id))

    assert (await service[GetItemHandler](GetItem(item_id=lamp.id), actor)).id == lamp.id


@pytest.mark.parametrize(
    "actor", [an_actor(), an_actor(Permission.ITEMS_UPDATE, Permission.ITEMS_DELETE), ANONYMOUS]
)
async def test_anothers_item_answers_exactly_like_none(service: Service, actor: Actor) -> None:
    await service.add(ann := a_user(), lamp := an_item(owner_id=ann.id))

    details = set()
    for item in (lamp, an_item()):
        with pytest.raises(ItemNotFound) as refusal:
            await service[GetItemHandler](GetItem(item_id=item.id), actor)
        details.add(refusal.value.detail)

    assert len(details) == 1


async def test_a_deleted_item_is_not_shown(service: Service) -> None:
    await service.add(ann := a_user(), lamp := an_item(owner_id=ann.id, deleted_at=LATER))

    with pytest.raises(ItemNotFound):
        await service[GetItemHandler](GetItem(item_id=lamp.id), SYSTEM)
