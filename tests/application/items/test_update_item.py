"""Changing items."""

import asyncio

import attrs
import pytest

from application.items.update_item import UpdateItem, UpdateItemHandler
from application.items.views import ItemView
from domain.access import ANONYMOUS, SYSTEM, Actor, Permission, PermissionDenied
from domain.errors import Invalid, VersionMismatch
from domain.items import Item, ItemNotFound, ItemStatus
from tests.application.service import Service
from tests.builders import LATER, a_user, an_actor
from tests.builders.items import an_item


@pytest.fixture
async def lamp(service: Service) -> Item:
    await service.add(ann := a_user(), lamp := an_item(owner_id=ann.id, version=3))
    return lamp


async def test_owners_change_everything_of_theirs(service: Service, lamp: Item) -> None:
    shown = await service[UpdateItemHandler](
        UpdateItem(
            item_id=lamp.id,
            title=" Desk lamp ",
            description=None,
            status=ItemStatus.ARCHIVED,
            attributes={"colour": "red"},
            expected_versions={3},
        ),
        an_actor(user_id=lamp.owner_id),
    )

    assert service.item(lamp) == attrs.evolve(
        lamp,
        title="Desk lamp",
        description=None,
        status=ItemStatus.ARCHIVED,
        attributes={"colour": "red"},
        updated_at=service.clock.now(),
        version=4,
    )
    assert shown == ItemView.of(service.item(lamp))


async def test_what_was_not_sent_stays(service: Service, lamp: Item) -> None:
    await service[UpdateItemHandler](
        UpdateItem(item_id=lamp.id, title="Desk lamp"), an_actor(user_id=lamp.owner_id)
    )

    assert service.item(lamp) == attrs.evolve(
        lamp, title="Desk lamp", updated_at=service.clock.now(), version=4
    )


async def test_the_permission_changes_everyones(service: Service, lamp: Item) -> None:
    shown = await service[UpdateItemHandler](
        UpdateItem(item_id=lamp.id, title="Desk lamp"), an_actor(Permission.ITEMS_UPDATE)
    )

    assert shown.title == "Desk lamp"
    assert shown.owner_id == lamp.owner_id


@pytest.mark.parametrize("actor", [an_actor(Permission.ITEMS_DELETE), ANONYMOUS])
async def test_anothers_item_is_like_none(service: Service, lamp: Item, actor: Actor) -> None:
    details = set()
    for item in (lamp, an_item()):
        with pytest.raises(ItemNotFound) as refusal:
            await service[UpdateItemHandler](UpdateItem(item_id=item.id, title="Mine"), actor)
        details.add(refusal.value.detail)

    assert len(details) == 1
    assert service.item(lamp) == lamp


async def test_who_may_only_see_it_is_told_so(service: Service, lamp: Item) -> None:
    with pytest.raises(PermissionDenied):
        await service[UpdateItemHandler](
            UpdateItem(item_id=lamp.id, title="Mine"), an_actor(Permission.ITEMS_READ)
        )


@pytest.mark.parametrize("version", [0, 2, 4])
async def test_a_stale_version_changes_nothing(service: Service, lamp: Item, version: int) -> None:
    with pytest.raises(VersionMismatch):
        await service[UpdateItemHandler](
            UpdateItem(item_id=lamp.id, title="Desk", expected_versions={version}), SYSTEM
        )
    assert service.item(lamp) == lamp


async def test_of_two_changes_to_one_version_one_wins(service: Service, lamp: Item) -> None:
    outcomes = await asyncio.gather(
        *(
            service[UpdateItemHandler](
                UpdateItem(item_id=lamp.id, title=title, expected_versions={3}), SYSTEM
            )
            for title in ("Desk", "Floor")
        ),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [ItemView, VersionMismatch]
    assert service.item(lamp).title == "Desk"


async def test_changes_to_no_version_in_particular_all_hold(service: Service, lamp: Item) -> None:
    await asyncio.gather(
        service[UpdateItemHandler](UpdateItem(item_id=lamp.id, title="Desk"), SYSTEM),
        service[UpdateItemHandler](UpdateItem(item_id=lamp.id, description="Wood"), SYSTEM),
    )

    changed = service.item(lamp)
    assert (changed.title, changed.description, changed.version) == ("Desk", "Wood", 5)


@pytest.mark.parametrize(
    "command",
    [
        UpdateItem(item_id=an_item().id, title=" "),
        UpdateItem(item_id=an_item().id, description="\0"),
        UpdateItem(item_id=an_item().id, title="Desk", attributes={"\0": 1}),
    ],
    ids=["title", "description", "attributes"],
)
async def test_a_bad_change_is_refused_as_a_whole(
    service: Service, lamp: Item, command: UpdateItem
) -> None:
    with pytest.raises(Invalid):
        await service[UpdateItemHandler](attrs.evolve(command, item_id=lamp.id), SYSTEM)
    assert service.item(lamp) == lamp


async def test_a_deleted_item_can_not_be_changed(service: Service) -> None:
    await service.add(ann := a_user(), lamp := an_item(owner_id=ann.id, deleted_at=LATER))

    with pytest.raises(ItemNotFound):
        await service[UpdateItemHandler](UpdateItem(item_id=lamp.id, title="Desk"), SYSTEM)
