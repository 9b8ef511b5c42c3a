"""Roles as they are shown."""

from datetime import datetime

import attrs

from domain.access import Permission, Role, RoleName


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
