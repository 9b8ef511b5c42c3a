"""Listing and exporting items."""

from datetime import timedelta

import pytest

from application.items.export_items import ExportItems, ExportItemsHandler
from application.items.list_items import ListItems, ListItemsHandler
from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.paging import Page, PageRequest
from domain.access import ANONYMOUS, SYSTEM, Actor, NotAuthenticated, Permission, PermissionDenied
from domain.errors import Invalid
from domain.items import ItemStatus
from domain.users import User
from tests.application.service import Service
from tests.builders import CREATED, LATER, UPDATED, a_user, an_actor
from tests.builders.items import an_item

HOUR = timedelta(hours=1)
BY_TITLE = PageRequest(sort="title")


@pytest.fixture
async def ann(service: Service) -> User:
    await service.add(ann := a_user())
    return ann


@pytest.fixture
async def bob(service: Service) -> User:
    await service.add(bob := a_user())
    return bob


async def titles(service: Service, actor: Actor, chosen: ItemFilter) -> list[str]:
    """By the list, which must agree with its own count and with the export."""
    page = await service[ListItemsHandler](ListItems(chosen=chosen, page=BY_TITLE), actor)
    exported = service[ExportItemsHandler](ExportItems(chosen=chosen), actor)
    listed = [item.title for item in page.items]
    assert page.total == len(listed)
    assert sorted([item.title async for item in exported]) == listed
    return listed


async def test_the_newest_come_first(service: Service, ann: User) -> None:
    items = [an_item(owner_id=ann.id, created_at=CREATED + HOUR * hours) for hours in (1, 3, 2)]
    await service.add(*items)

    page = await service[ListItemsHandler](ListItems(), an_actor(user_id=ann.id))

    assert list(page.items) == [ItemView.of(items[index]) for index in (1, 2, 0)]
    assert page.total == 3
    assert page.next_cursor is None


async def test_owners_see_their_own_and_nothing_of_others(
    service: Service, ann: User, bob: User
) -> None:
    await service.add(
        an_item(owner_id=ann.id, title="Ann's"), an_item(owner_id=bob.id, title="Bob's")
    )
    actor = an_actor(user_id=ann.id)

    assert await titles(service, actor, ItemFilter()) == ["Ann's"]
    assert await titles(service, actor, ItemFilter(owner_id=ann.id)) == ["Ann's"]
    assert await titles(service, actor, ItemFilter(owner_id=bob.id)) == []
    assert await titles(service, actor, ItemFilter(owner_id=a_user().id)) == []
    assert await titles(service, actor, ItemFilter(q="bob")) == []


async def test_asking_for_anothers_answers_exactly_like_asking_for_nobodys(
    service: Service, ann: User, bob: User
) -> None:
    await service.add(*(an_item(owner_id=bob.id) for _ in range(3)))
    actor = an_actor(user_id=ann.id)

    async def listed(owner: User, page: PageRequest) -> Page[ItemView]:
        command = ListItems(chosen=ItemFilter(owner_id=owner.id), page=page)
        return await service[ListItemsHandler](command, actor)

    for request in (PageRequest(), PageRequest(limit=1), PageRequest(skip=2)):
        assert await listed(bob, request) == await listed(a_user(), request)


async def test_the_permission_shows_everyones(service: Service, ann: User, bob: User) -> None:
    await service.add(
        an_item(owner_id=ann.id, title="Ann's"), an_item(owner_id=bob.id, title="Bob's")
    )

    for actor in (an_actor(Permission.ITEMS_READ), SYSTEM):
        assert await titles(service, actor, ItemFilter()) == ["Ann's", "Bob's"]
        assert await titles(service, actor, ItemFilter(owner_id=bob.id)) == ["Bob's"]


async def test_a_filter_chooses(service: Service, ann: User) -> None:
    await service.add(
        an_item(
            owner_id=ann.id,
            title="Desk lamp",
            description="Warm light",
            status=ItemStatus.DRAFT,
            attributes={"colour": "green", "sizes": [1, 2]},
        ),
        an_item(
            owner_id=ann.id,
            title="Floor lamp",
            description=None,
            status=ItemStatus.ACTIVE,
            attributes={"colour": "red"},
            created_at=CREATED + HOUR,
            updated_at=UPDATED + HOUR,
        ),
    )

    async def chosen(chosen: ItemFilter) -> list[str]:
        return await titles(service, an_actor(user_id=ann.id), chosen)

    assert await chosen(ItemFilter(q="LAMP")) == ["Desk lamp", "Floor lamp"]
    assert await chosen(ItemFilter(q="li la")) == ["Desk lamp"]
    assert await chosen(ItemFilter(q="amp")) == []
    assert await chosen(ItemFilter(q="floor warm")) == []
    assert await chosen(ItemFilter(status=ItemStatus.ACTIVE)) == ["Floor lamp"]
    assert await chosen(ItemFilter(created_from=CREATED + HOUR)) == ["Floor lamp"]
    assert await chosen(ItemFilter(created_to=CREATED + HOUR)) == ["Desk lamp"]
    assert await chosen(ItemFilter(updated_from=UPDATED + HOUR)) == ["Floor lamp"]
    assert await chosen(ItemFilter(attributes={"sizes": [2]})) == ["Desk lamp"]
    assert await chosen(ItemFilter(q="lamp", attributes={"colour": "red"})) == ["Floor lamp"]


async def test_the_deleted_are_shown_to_those_who_may_delete_everyones(
    service: Service, ann: User, bob: User
) -> None:
    await service.add(
        an_item(owner_id=ann.id, title="Ann's"),
        an_item(owner_id=ann.id, title="Ann's, gone", deleted_at=LATER),
        an_item(owner_id=bob.id, title="Bob's, gone", deleted_at=LATER),
    )
    gone = ItemFilter(deleted=True)
    deleter = an_actor(Permission.ITEMS_DELETE, user_id=ann.id)

    assert await titles(service, SYSTEM, ItemFilter()) == ["Ann's"]
    assert await titles(service, SYSTEM, gone) == ["Ann's, gone", "Bob's, gone"]
    assert await titles(service, deleter, gone) == ["Ann's, gone"]
    with pytest.raises(PermissionDenied):
        await service[ListItemsHandler](ListItems(chosen=gone), an_actor(user_id=ann.id))
    with pytest.raises(PermissionDenied):
        await service[ListItemsHandler](ListItems(chosen=gone), an_actor(Permission.ITEMS_READ))


async def test_strangers_see_no_list(service: Service) -> None:
    with pytest.raises(NotAuthenticated):
        await service[ListItemsHandler](ListItems(), ANONYMOUS)
    with pytest.raises(NotAuthenticated):
        service[ExportItemsHandler](ExportItems(), ANONYMOUS)


@pytest.mark.parametrize("sort", ["owner_id", "attributes", "title,title", "title,", " "])
async def test_not_everything_is_there_to_sort_by(service: Service, sort: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await service[ListItemsHandler](ListItems(page=PageRequest(sort=sort)), SYSTEM)

    assert refusal.value.errors[0].code == "invalid_sort"


async def test_an_export_is_oldest_first(service: Service, ann: User) -> None:
    items = [an_item(owner_id=ann.id, created_at=CREATED + HOUR * hours) for hours in (1, 3, 2)]
    await service.add(*items)

    exported = service[ExportItemsHandler](ExportItems(), an_actor(user_id=ann.id))

    assert [item.id async for item in exported] == [items[index].id for index in (0, 2, 1)]


async def test_an_export_is_as_of_one_moment(service: Service, ann: User) -> None:
    await service.add(*(an_item(owner_id=ann.id) for _ in range(3)))

    exported = service[ExportItemsHandler](ExportItems(), an_actor(user_id=ann.id))
    count = 0
    async for _ in exported:
        await service.add(an_item(owner_id=ann.id, created_at=LATER))
        count += 1

    assert count == 3
