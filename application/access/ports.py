"""What the use cases about roles need from outside."""

from collections.abc import Collection
from typing import Protocol

from application.access.views import RoleView
from application.paging import Slice, Window
from domain.access import Permission, Role, RoleName


class RoleRepository(Protocol):
    """Whole roles, for changing."""

    async def add(self, role: Role) -> None:
        """Raise `RoleNameTaken`."""
        ...

    async def get(self, name: RoleName) -> Role:
        """Locked until the unit of work ends; raise `RoleNotFound`."""
        ...

    async def save(self, role: Role) -> None:
        """Raise `VersionMismatch`; count the version up."""
        ...

    async def remove(self, role: Role) -> None:
        """Raise `RoleInUse`."""
        ...

    async def permissions_of(self, names: Collection[RoleName]) -> frozenset[Permission]:
        """What these roles grant together; raise `RoleNotFound` if one is missing."""
        ...


class RoleReader(Protocol):
    """Roles, for showing."""

    async def get(self, name: RoleName) -> RoleView:
        """Raise `RoleNotFound`."""
        ...

    async def page(self, window: Window) -> Slice[RoleView]: ...
