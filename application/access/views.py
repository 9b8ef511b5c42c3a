"""Roles and API keys as they are shown."""

from datetime import datetime

import attrs

from domain.access import ApiKeyId, Permission, Role, RoleName
from domain.api_keys import ApiKey


@attrs.frozen(kw_only=True)
class RoleView:
    name: RoleName
    description: str
    permissions: tuple[Permission, ...]
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def id(self) -> RoleName:
        """A role's name is its identity; lists break ties by it."""
        return self.name

    @classmethod
    def of(cls, role: Role) -> "RoleView":
        return cls(
            name=role.name,
            description=role.description,
            permissions=tuple(sorted(role.permissions)),
            created_at=role.created_at,
            updated_at=role.updated_at,
            version=role.version,
        )


@attrs.frozen(kw_only=True)
class ApiKeyView:
    """Never the key, nor its hash."""

    id: ApiKeyId
    name: str
    prefix: str
    permissions: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyView":
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            permissions=tuple(sorted(key.permissions)),
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
        )


@attrs.frozen(kw_only=True)
class IssuedApiKey(ApiKeyView):
    """What its owner gets once."""

    key: str = attrs.field(repr=False)
