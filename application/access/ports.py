"""What the use cases about roles and API keys need from outside."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

import attrs

from application.access.views import ApiKeyView, RoleView
from application.paging import Slice, Window
from domain.access import ApiKeyId, Permission, Role, RoleName, UserId
from domain.api_keys import ApiKey


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


class ApiKeyRepository(Protocol):
    """Whole API keys, for changing."""

    async def add(self, key: ApiKey) -> None: ...

    async def get(self, key_id: ApiKeyId) -> ApiKey:
        """Locked until the unit of work ends; raise `ApiKeyNotFound`."""
        ...

    async def remove(self, key: ApiKey) -> None: ...

    async def remove_all(self, owner_id: UserId) -> int:
        """Answer how many there were."""
        ...

    async def count_live(self, owner_id: UserId, *, at: datetime) -> int:
        """Of a user who is locked, so that the number stays true."""
        ...

    async def note_use(self, key_id: ApiKeyId, *, at: datetime) -> None:
        """Unless another use was noted less than `USE_IS_NOTED_EVERY` before."""
        ...


class ApiKeyReader(Protocol):
    """API keys, for showing."""

    async def page(self, owner_id: UserId, window: Window) -> Slice[ApiKeyView]: ...

    async def find(self, owner_id: UserId, name: str) -> ApiKeyView | None:
        """By its prefix or its id, as an operator names it."""
        ...


@attrs.frozen(kw_only=True)
class ApiKeySecret:
    """An API key as its owner holds it, what is shown of it, and what is stored."""

    text: str = attrs.field(repr=False)
    prefix: str
    key_hash: bytes = attrs.field(repr=False)


class ApiKeySecrets(Protocol):
    """Where API keys come from: at least 160 unguessable bits each, and a checksum."""

    def fresh(self) -> ApiKeySecret: ...

    def hash_of(self, text: str) -> bytes | None:
        """None for what can be no key, which nobody need be asked about."""
        ...
