"""Accounts as they are shown: never a password, never its hash."""

from collections.abc import Collection
from datetime import datetime

import attrs

from domain.access import EVERY_PERMISSION, Permission, RoleName, UserId
from domain.users import User


@attrs.frozen(kw_only=True)
class UserView:
    id: UserId
    email: str
    username: str
    full_name: str | None
    is_active: bool
    is_superuser: bool
    email_verified: bool
    roles: tuple[RoleName, ...]
    permissions: tuple[Permission, ...]
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None
    version: int

    @classmethod
    def of(cls, user: User, granted: Collection[Permission]) -> "UserView":
        return cls(
            id=user.id,
            email=user.email,
            username=user.username,
            full_name=user.full_name,
            is_active=user.is_active,
            is_superuser=user.is_superuser,
            email_verified=user.email_verified,
            roles=tuple(sorted(user.roles)),
            permissions=permissions_shown(user, granted),
            created_at=user.created_at,
            updated_at=user.updated_at,
            last_login_at=user.last_login_at,
            version=user.version,
        )


def permissions_shown(user: User, granted: Collection[Permission]) -> tuple[Permission, ...]:
    """What the roles grant, or everything for a superuser."""
    return tuple(sorted(EVERY_PERMISSION if user.is_superuser else granted))
