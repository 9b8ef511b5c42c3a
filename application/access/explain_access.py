"""Say whether a user may do a thing, and why."""

from collections.abc import Iterator

import attrs

from application.access.ports import ApiKeyReader, RoleReader
from application.access.views import ApiKeyView
from application.auth.authenticate import EmailVerification
from application.clock import Clock
from application.users.ports import UserReader
from application.users.views import UserView
from domain.access import HELD_OVER_ONES_OWN, Actor, Permission
from domain.api_keys import ApiKeyNotFound
from domain.users import UserNotFound


@attrs.frozen(kw_only=True)
class ExplainAccess:
    user: str
    """An email, a username or an id, of a deleted account too."""
    permission: Permission
    api_key: str | None = None
    """The prefix or the id of one of the user's keys, where a program is to do it."""


@attrs.frozen(kw_only=True)
class AccessExplanation:
    user: str
    permission: Permission
    api_key: str | None
    allowed: bool
    granted_by: tuple[str, ...]
    refused_by: tuple[str, ...]
    """What keeps it from being so, whatever grants it."""
    remark: str | None


@attrs.frozen
class ExplainAccessHandler:
    users: UserReader
    roles: RoleReader
    api_keys: ApiKeyReader
    clock: Clock
    email_verification: EmailVerification

    async def __call__(self, command: ExplainAccess, actor: Actor) -> AccessExplanation:
        actor.require_all({Permission.USERS_READ, Permission.ROLES_READ})
        if command.api_key is not None:
            actor.require_superuser("Only a superuser sees another's API keys.")
        user = await self.users.find(command.user)
        is_deleted = user is None
        user = user or await self.users.find_deleted(command.user)
        if user is None:
            raise UserNotFound(f"There is no user {command.user!r}.")
        granted_by = await self._granting(user, command.permission)
        refused_by = ["the account is deleted"] if is_deleted else []
        if not user.is_active:
            refused_by.append("the account is inactive")
        if self.email_verification.is_required and not user.email_verified:
            refused_by.append("the email address is not verified")
        key = await self._key(user, command.api_key)
        if key is not None:
            refused_by += self._refusing(key, command.permission)
        return AccessExplanation(
            user=user.email,
            permission=command.permission,
            api_key=None if key is None else key.prefix,
            allowed=bool(granted_by) and not refused_by,
            granted_by=granted_by,
            refused_by=tuple(refused_by),
            remark=_remark(command.permission),
        )

    async def _granting(self, user: UserView, permission: Permission) -> tuple[str, ...]:
        roles = [await self.roles.get(name) for name in user.roles]
        granting = [f"the role {role.name}" for role in roles if permission in role.permissions]
        return ("being a superuser", *granting) if user.is_superuser else tuple(granting)

    async def _key(self, user: UserView, name: str | None) -> ApiKeyView | None:
        if name is None:
            return None
        key = await self.api_keys.find(user.id, name)
        if key is None:
            raise ApiKeyNotFound(f"This account has no API key {name!r}.")
        return key

    def _refusing(self, key: ApiKeyView, permission: Permission) -> Iterator[str]:
        if permission not in key.permissions:
            yield "the API key is not scoped to it"
        if key.expires_at is not None and key.expires_at <= self.clock.now():
            yield "the API key has expired"


def _remark(permission: Permission) -> str | None:
    if permission in HELD_OVER_ONES_OWN:
        return "over what is their own, users need no permission, and an API key at most the scope"
    return None
