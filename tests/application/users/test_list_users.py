"""Listing and exporting accounts."""

from datetime import timedelta

import pytest

from application.paging import PageRequest
from application.users.export_users import ExportUsers, ExportUsersHandler
from application.users.list_users import ListUsers, ListUsersHandler
from application.users.listing import UserFilter
from domain.access import (
    ANONYMOUS,
    SYSTEM,
    NotAuthenticated,
    Permission,
    PermissionDenied,
)
from domain.errors import Invalid
from tests.application.service import Service
from tests.builders import CREATED, LATER, a_role, a_user, an_actor

HOUR = timedelta(hours=1)


async def test_the_newest_come_first(service: Service) -> None:
    users = [a_user(created_at=CREATED + HOUR * hours) for hours in (1, 3, 2)]
    await service.add(*users)

    page = await service[ListUsersHandler](ListUsers(), an_actor(Permission.USERS_READ))

    assert [view.id for view in page.items] == [users[1].id, users[2].id, users[0].id]
    assert page.total == 3
    assert page.next_cursor is None


async def test_a_filter_chooses(service: Service) -> None:
    await service.add(editors := a_role())
    ann = a_user(username="ann", full_name="Zoë Lee", roles=frozenset({editors.name}))
    bob = a_user(username="bob", is_active=False, created_at=CREATED + HOUR)
    await service.add(ann, bob, a_user(username="gone", deleted_at=LATER))

    async def chosen(users: UserFilter) -> list[str]:
        command = ListUsers(chosen=users, page=PageRequest(sort="username"))
        page = await service[ListUsersHandler](command, SYSTEM)
        assert page.total == len(page.items)
        return [view.username for view in page.items]

    assert await chosen(UserFilter()) == ["ann", "bob"]
    assert await chosen(UserFilter(q="oë l")) == ["ann"]
    assert await chosen(UserFilter(q="BOB")) == ["bob"]
    assert await chosen(UserFilter(is_active=True)) == ["ann"]
    assert await chosen(UserFilter(is_active=False)) == ["bob"]
    assert await chosen(UserFilter(role=editors.name)) == ["ann"]
    assert await chosen(UserFilter(created_from=CREATED + HOUR)) == ["bob"]
    assert await chosen(UserFilter(created_to=CREATED + HOUR)) == ["ann"]
    assert await chosen(UserFilter(q="bob", is_active=True)) == []


async def test_the_list_takes_the_permission(service: Service) -> None:
    with pytest.raises(PermissionDenied):
        await service[ListUsersHandler](ListUsers(), an_actor())
    with pytest.raises(NotAuthenticated):
        await service[ListUsersHandler](ListUsers(), ANONYMOUS)


@pytest.mark.parametrize("sort", ["password_hash", "id", "-", ""])
async def test_not_everything_is_there_to_sort_by(service: Service, sort: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await service[ListUsersHandler](ListUsers(page=PageRequest(sort=sort)), SYSTEM)

    assert refusal.value.errors[0].code == "invalid_sort"


async def test_an_export_is_everyone_oldest_first(service: Service) -> None:
    users = [a_user(created_at=CREATED + HOUR * hours) for hours in (1, 3, 2)]
    await service.add(*users, a_user(deleted_at=LATER))

    exported = service[ExportUsersHandler](ExportUsers(), an_actor(Permission.USERS_READ))

    assert [view.id async for view in exported] == [users[0].id, users[2].id, users[1].id]


async def test_an_export_can_be_chosen(service: Service) -> None:
    await service.add(a_user(username="ann"), a_user(username="bob"))

    exported = service[ExportUsersHandler](ExportUsers(chosen=UserFilter(q="bob")), SYSTEM)

    assert [view.username async for view in exported] == ["bob"]


def test_an_export_takes_the_permission_before_its_first_row(service: Service) -> None:
    with pytest.raises(PermissionDenied):
        service[ExportUsersHandler](ExportUsers(), an_actor())
    with pytest.raises(NotAuthenticated):
        service[ExportUsersHandler](ExportUsers(), ANONYMOUS)
