"""Creating items."""

import pytest

from application.items.create_item import CreateItem, CreateItemHandler
from application.items.views import ItemView
from domain.access import (
    ANONYMOUS,
    SYSTEM,
    Actor,
    NotAuthenticated,
    Permission,
    PermissionDenied,
)
from domain.errors import Invalid
from domain.items import ItemStatus
from domain.text import Json
from tests.application.service import Service
from tests.builders import a_user, an_actor


@pytest.fixture
async def owner(service: Service) -> Actor:
    await service.add(ann := a_user())
    return an_actor(Permission.ITEMS_CREATE, user_id=ann.id)


async def test_an_item_belongs_to_its_maker(service: Service, owner: Actor) -> None:
    shown = await service[CreateItemHandler](
        CreateItem(
            title=" Lamp ",
            description="Warm\nlight",
            status=ItemStatus.ARCHIVED,
            attributes={"colour": "green", "sizes": [1, 2.5]},
        ),
        owner,
    )

    [stored] = service.stored.items.scan()
    assert stored.owner_id == owner.user_id
    assert (stored.title, stored.description) == ("Lamp", "Warm\nlight")
    assert stored.status is ItemStatus.ARCHIVED
    assert stored.attributes == {"colour": "green", "sizes": [1, 2.5]}
    assert stored.created_at == stored.updated_at == service.clock.now()
    assert shown == ItemView.of(stored)
    assert shown.version == 1


async def test_a_title_is_enough(service: Service, owner: Actor) -> None:
    shown = await service[CreateItemHandler](CreateItem(title="Lamp"), owner)

    assert shown.description is None
    assert shown.status is ItemStatus.DRAFT
    assert shown.attributes == {}


async def test_what_the_caller_sent_is_not_what_is_stored(service: Service, owner: Actor) -> None:
    sizes: list[Json] = [1]
    await service[CreateItemHandler](CreateItem(title="Lamp", attributes={"sizes": sizes}), owner)

    sizes.append(2)

    [stored] = service.stored.items.scan()
    assert stored.attributes == {"sizes": [1]}


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (CreateItem(title=" "), "title"),
        (CreateItem(title="Lamp", description="a\0"), "description"),
        (CreateItem(title="Lamp", attributes={"a": float("nan")}), "attributes"),
    ],
    ids=["title", "description", "attributes"],
)
async def test_a_bad_item_is_refused(
    service: Service, owner: Actor, command: CreateItem, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await service[CreateItemHandler](command, owner)

    assert refusal.value.errors[0].field == field
    assert not list(service.stored.items.scan())


async def test_creating_takes_the_permission(service: Service) -> None:
    command = CreateItem(title="Lamp")

    with pytest.raises(PermissionDenied):
        await service[CreateItemHandler](command, an_actor(Permission.ITEMS_UPDATE))
    for nobody in (ANONYMOUS, SYSTEM):
        with pytest.raises(NotAuthenticated):
            await service[CreateItemHandler](command, nobody)
