"""Whole roles."""

import asyncio
from datetime import datetime

import attrs
import pytest

from adapters.memory.tables import OF_MEMBERS
from domain.access import (
    ADMIN,
    BUILT_IN_ROLES,
    EVERY_PERMISSION,
    MEMBER,
    Permission,
    Role,
    RoleInUse,
    RoleName,
    RoleNameTaken,
    RoleNotFound,
)
from domain.errors import VersionMismatch
from tests.builders import LATER, a_role, a_user
from tests.contracts.racing import let_others_in
from tests.contracts.storage import Storage


async def stored(storage: Storage, role: Role) -> Role:
    async with storage.begin() as uow:
        return await uow.roles.get(role.name)


@pytest.mark.parametrize(
    "role",
    [
        a_role(description="Ünïcödé 💡", permissions=EVERY_PERMISSION, version=7),
        a_role(description="", permissions=frozenset()),
    ],
    ids=["full", "bare"],
)
async def test_keeps_every_field(storage: Storage, role: Role) -> None:
    await storage.add(role)

    assert await stored(storage, role) == role


async def test_saves_every_field_that_may_change(storage: Storage) -> None:
    await storage.add(role := a_role())
    async with storage.begin() as uow:
        loaded = await uow.roles.get(role.name)
        loaded.describe("Other", at=LATER)
        loaded.permit([Permission.USERS_READ], at=LATER)
        await uow.roles.save(loaded)
        await uow.commit()

    assert loaded.version == role.version + 1
    assert await stored(storage, role) == loaded
    assert loaded == attrs.evolve(
        role,
        description="Other",
        permissions=frozenset({Permission.USERS_READ}),
        updated_at=LATER,
        version=role.version + 1,
    )


async def test_copies_in_and_out(storage: Storage) -> None:
    role = a_role(description="Edits")
    async with storage.begin() as uow:
        await uow.roles.add(role)
        role.description = "Other"
        loaded = await uow.roles.get(role.name)
        loaded.description = "Another"
        assert (await uow.roles.get(role.name)).description == "Edits"


async def test_built_in_roles_are_there_from_the_start(storage: Storage) -> None:
    async with storage.begin() as uow:
        admin, member = await uow.roles.get(ADMIN), await uow.roles.get(MEMBER)

    assert admin.permissions == EVERY_PERMISSION
    assert member.permissions == OF_MEMBERS
    assert admin.version == member.version == 1


@pytest.mark.parametrize("name", ["unknown", "", "Admin", "admin ", "\0", "a\ud800"])
async def test_the_unknown_is_not_found(storage: Storage, name: str) -> None:
    async with storage.begin() as uow:
        with pytest.raises(RoleNotFound):
            await uow.roles.get(RoleName(name))
    async with storage.begin() as uow:
        with pytest.raises(RoleNotFound):
            await uow.roles.permissions_of([MEMBER, RoleName(name)])


@pytest.mark.parametrize("name", [*sorted(BUILT_IN_ROLES), "editors"])
async def test_refuses_a_taken_name(storage: Storage, name: str) -> None:
    await storage.add(a_role(name="editors"))

    with pytest.raises(RoleNameTaken):
        await storage.add(a_role(name=name))


async def test_refuses_a_stale_save(storage: Storage) -> None:
    await storage.add(role := a_role())
    async with storage.begin() as uow:
        mine, theirs = await uow.roles.get(role.name), await uow.roles.get(role.name)
        theirs.describe("Theirs", at=LATER)
        await uow.roles.save(theirs)
        mine.describe("Mine", at=LATER)
        with pytest.raises(VersionMismatch):
            await uow.roles.save(mine)
        await uow.commit()

    assert await stored(storage, role) == theirs


async def test_racing_changes_lose_nothing(storage: Storage) -> None:
    await storage.add(role := a_role(permissions=frozenset()))

    async def permit(permission: Permission) -> None:
        async with storage.begin() as uow:
            loaded = await uow.roles.get(role.name)
            await let_others_in()
            loaded.permit(loaded.permissions | {permission}, at=LATER)
            await uow.roles.save(loaded)
            await uow.commit()

    await asyncio.gather(*map(permit, EVERY_PERMISSION))

    assert (await stored(storage, role)).permissions == EVERY_PERMISSION


async def test_removes_a_role_that_nobody_holds(storage: Storage) -> None:
    await storage.add(role := a_role())
    async with storage.begin() as uow:
        await uow.roles.remove(await uow.roles.get(role.name))
        await uow.commit()

    with pytest.raises(RoleNotFound):
        await stored(storage, role)
    await storage.add(a_role(name=role.name))


@pytest.mark.parametrize("deleted_at", [None, LATER], ids=["live", "deleted"])
async def test_refuses_to_remove_a_role_in_use(
    storage: Storage, deleted_at: datetime | None
) -> None:
    await storage.add(role := a_role())
    await storage.add(a_user(roles=frozenset({role.name}), deleted_at=deleted_at))

    async with storage.begin() as uow:
        with pytest.raises(RoleInUse):
            await uow.roles.remove(role)
    assert await stored(storage, role) == role


async def test_a_role_that_was_taken_away_can_be_removed(storage: Storage) -> None:
    await storage.add(role := a_role())
    await storage.add(ann := a_user(roles=frozenset({role.name, MEMBER})))
    async with storage.begin() as uow:
        user = await uow.users.get(ann.id)
        user.assign([MEMBER], at=LATER)
        await uow.users.save(user)
        await uow.commit()

    async with storage.begin() as uow:
        await uow.roles.remove(role)
        await uow.commit()

    with pytest.raises(RoleNotFound):
        await stored(storage, role)


async def test_roles_grant_together(storage: Storage) -> None:
    await storage.add(
        readers := a_role(permissions=frozenset({Permission.AUDIT_READ, Permission.USERS_READ})),
        editors := a_role(permissions=frozenset({Permission.USERS_READ, Permission.USERS_UPDATE})),
        empty := a_role(permissions=frozenset()),
    )

    async with storage.begin() as uow:
        assert await uow.roles.permissions_of([]) == frozenset()
        assert await uow.roles.permissions_of([empty.name]) == frozenset()
        assert await uow.roles.permissions_of([readers.name, editors.name, editors.name]) == {
            Permission.AUDIT_READ,
            Permission.USERS_READ,
            Permission.USERS_UPDATE,
        }
        assert await uow.roles.permissions_of(frozenset({ADMIN, empty.name})) == EVERY_PERMISSION
