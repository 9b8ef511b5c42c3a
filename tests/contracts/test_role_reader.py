"""Roles, for showing."""

from datetime import timedelta

import pytest

from application.access.views import RoleView
from domain.access import ADMIN, EVERY_PERMISSION, MEMBER, Permission, RoleName, RoleNotFound
from tests.builders import CREATED, LATER, a_role
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, walk

HOUR = timedelta(hours=1)


async def test_shows_every_field(storage: Storage) -> None:
    full = a_role(description="Ünïcödé", permissions=EVERY_PERMISSION, version=7)
    bare = a_role(description="", permissions=frozenset())
    await storage.add(full, bare)

    shown = await storage.roles.get(full.name)
    assert shown == RoleView.of(full)
    assert {type(permission) for permission in shown.permissions} == {Permission}
    assert await storage.roles.get(bare.name) == RoleView.of(bare)


@pytest.mark.parametrize("name", ["unknown", "", "Admin", "\0", "\ud800"])
async def test_the_unknown_is_not_found(storage: Storage, name: str) -> None:
    with pytest.raises(RoleNotFound):
        await storage.roles.get(RoleName(name))


async def test_pages(storage: Storage) -> None:
    names = ["b", "a-b", "ab", "a_b", "a0", "z"]
    await storage.add(
        *(
            a_role(
                name=name,
                created_at=CREATED + HOUR * (number % 2),
                updated_at=LATER - HOUR * number,
            )
            for number, name in enumerate(names)
        )
    )
    by_code_point = sorted([*names, ADMIN, MEMBER])

    for limit in (1, 3, 8, 9):
        walked = await walk(storage.roles.page, "name", limit=limit)
        assert [role.name for rows in walked for role in rows] == by_code_point
        walked = await walk(storage.roles.page, "-name", limit=limit)
        assert [role.name for rows in walked for role in rows] == by_code_point[::-1]
        walked = await walk(storage.roles.page, "-created_at", limit=limit)
        newest_first = [role.name for rows in walked for role in rows]
        assert [name for name in newest_first if name in names] == [
            *("z", "a_b", "a-b"),
            *("b", "ab", "a0"),
        ]
        walked = await walk(storage.roles.page, "updated_at", limit=limit)
        assert [role.name for rows in walked for role in rows if role.name in names] == names[::-1]


async def test_counts_all(storage: Storage) -> None:
    await storage.add(a_role())

    page = await storage.roles.page(a_window("name", skip=1, limit=1))

    assert (len(page.rows), page.has_more, page.total) == (1, True, 3)
    uncounted = await storage.roles.page(a_window("name", with_total=False))
    assert uncounted.total is None
