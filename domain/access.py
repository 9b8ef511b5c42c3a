"""Who may do what: permissions, roles, and the actor on whose behalf a use case runs."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NewType
from uuid import UUID

import attrs

from domain.described import Described
from domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from domain.text import clean_line

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
RoleName = NewType("RoleName", str)

MAX_ROLE_NAME_LENGTH = 50
MAX_ROLE_DESCRIPTION_LENGTH = 255
MAX_USER_AGENT_LENGTH = 512
ROLE_NAME_PATTERN = r"^[a-z][a-z0-9_-]{0,49}$"
_ROLE_NAME = re.compile(ROLE_NAME_PATTERN.removesuffix("$") + r"\Z")


class Permission(Described):
    """The catalogue. A permission reaches beyond what is the actor's own."""

    USERS_CREATE = "users:create", "Create accounts, also where sign-up is closed"
    USERS_READ = "users:read", "See every account"
    USERS_UPDATE = "users:update", "Change every account"
    USERS_DELETE = "users:delete", "Delete and restore accounts"
    ROLES_CREATE = "roles:create", "Create roles"
    ROLES_READ = "roles:read", "See every role"
    ROLES_UPDATE = "roles:update", "Change roles"
    ROLES_DELETE = "roles:delete", "Delete roles"
    ROLES_ASSIGN = "roles:assign", "Give roles to accounts and take them away"
    SESSIONS_READ = "sessions:read", "See everyone's sessions"
    SESSIONS_REVOKE = "sessions:revoke", "End everyone's sessions"
    TOKENS_INTROSPECT = "tokens:introspect", "See what everyone's tokens are worth"
    AUDIT_READ = "audit:read", "See who did what to whom"
    JOBS_READ = "jobs:read", "See what is done in the background"
    JOBS_MANAGE = "jobs:manage", "Retry and discard what is done in the background"
    ITEMS_CREATE = "items:create", "Create items of one's own"
    ITEMS_READ = "items:read", "See everyone's items"
    ITEMS_UPDATE = "items:update", "Change everyone's items"
    ITEMS_DELETE = "items:delete", "Delete and restore everyone's items"


EVERY_PERMISSION = frozenset(Permission)
HELD_OVER_ONES_OWN = frozenset(
    {
        Permission.USERS_READ,
        Permission.ITEMS_READ,
        Permission.ITEMS_UPDATE,
        Permission.ITEMS_DELETE,
    }
)
"""What everyone may do with what is theirs, and therefore let a program do with it."""

ADMIN = RoleName("admin")
MEMBER = RoleName("member")
BUILT_IN_ROLES = frozenset({ADMIN, MEMBER})


class NotAuthenticated(Unauthenticated):
    """The route wants a signed-in caller and the request carries no usable credentials. Send
    `Authorization: Bearer` with an access token from `POST /api/v1/auth/login`."""

    code = "not_authenticated"
    title = "Not authenticated"


class CredentialsMissing(NotAuthenticated):
    """The same where there are none at all, as opposed to some that are not usable."""


class PermissionDenied(Forbidden):
    """You are signed in, but your roles do not hold the permission that this needs; or you use an
    API key that is not scoped to it, or for what no API key may do. Nobody can grant rights that
    they do not hold themselves."""

    code = "permission_denied"
    title = "Permission denied"


class EmailNotVerified(Forbidden):
    """Until your email address is verified you reach nothing but your own account. Follow the link
    in the mail you were sent, or ask for another with `POST /api/v1/auth/verify-email/request`."""

    code = "email_not_verified"
    title = "The email address is not verified"


class RoleNotFound(NotFound):
    """There is no role of that name."""

    code = "role_not_found"
    title = "No such role"


class RoleNameTaken(Conflict):
    """A role of that name exists already."""

    code = "role_name_taken"
    title = "The role name is taken"


class RoleInUse(Conflict):
    """The role is held by at least one account. Take it away from them first."""

    code = "role_in_use"
    title = "The role is in use"


class RoleBuiltIn(Conflict):
    """The roles `admin` and `member` come with the service and stay as they are."""

    code = "role_built_in"
    title = "The role is built in"


def _clean_user_agent(user_agent: str | None) -> str | None:
    if user_agent is None:
        return None
    printable = "".join(character for character in user_agent if character.isprintable())
    return printable[:MAX_USER_AGENT_LENGTH]


@attrs.frozen(kw_only=True)
class Origin:
    """From where a request came; told by the client and never trusted."""

    address: str | None = None
    user_agent: str | None = attrs.field(default=None, converter=_clean_user_agent)
    request_id: str | None = None
    language: str | None = None
    """What the client prefers, as `Accept-Language` has it (RFC 9110 §12.5.4)."""


@attrs.frozen(kw_only=True)
class Actor:
    """On whose behalf a use case runs: a user in a session, a program with a user's API key, the
    system, or nobody in particular.

    Permissions are those at the time the actor was identified; see `api.md` on how soon a change
    takes effect.
    """

    user_id: UserId | None
    session_id: SessionId | None = None
    api_key_id: ApiKeyId | None = None
    is_superuser: bool = False
    permissions: frozenset[Permission] = frozenset()
    scopes: frozenset[Permission] = frozenset()
    """Of an API key: what it may be used for, as far as its owner may do it."""
    is_confined: bool = False
    """To their own account, until its address is verified."""
    _read_origin: Callable[[], Origin] = attrs.field(default=Origin, eq=False, repr=False)

    @property
    def origin(self) -> Origin:
        """Read only where something is recorded, for most requests never ask."""
        return self._read_origin()

    def calling_from(self, read_origin: Callable[[], Origin]) -> "Actor":
        return Actor(
            user_id=self.user_id,
            session_id=self.session_id,
            api_key_id=self.api_key_id,
            is_superuser=self.is_superuser,
            permissions=self.permissions,
            scopes=self.scopes,
            is_confined=self.is_confined,
            read_origin=read_origin,
        )

    @classmethod
    def with_api_key(
        cls,
        api_key_id: ApiKeyId,
        scopes: frozenset[Permission],
        *,
        owner_id: UserId,
        held: frozenset[Permission],
    ) -> "Actor":
        """A program in its owner's place: never a superuser, and never more than the owner, who
        by now holds the permissions `held`."""
        return cls(
            user_id=owner_id, api_key_id=api_key_id, permissions=scopes & held, scopes=scopes
        )

    def can(self, permission: Permission) -> bool:
        return not self.is_confined and (self.is_superuser or permission in self.permissions)

    def require(self, permission: Permission) -> None:
        if not self.can(permission):
            raise self._refusal(f"This needs the permission {permission}.")

    def require_all(self, permissions: Iterable[Permission]) -> None:
        """Nobody grants what they do not hold."""
        for permission in sorted(permissions):
            self.require(permission)

    def require_superuser(self, detail: str) -> None:
        if not self.is_superuser or self.is_confined:
            raise self._refusal(detail)

    def require_account(self) -> UserId:
        """The signed-in user's id; a use case about one's own account starts with it."""
        if self.user_id is None:
            raise CredentialsMissing
        return self.user_id

    def require_user(self) -> UserId:
        """The same, for whatever else is one's own."""
        user_id = self.require_account()
        self.require_freedom()
        return user_id

    def require_freedom(self) -> None:
        """For whatever is not one's own account, where no permission is asked for."""
        if self.is_confined:
            raise EmailNotVerified

    def require_owner(self) -> UserId:
        """The user in person."""
        user_id = self.require_account()
        self.refuse_api_keys()
        return user_id

    def refuse_api_keys(self) -> None:
        """Programs never manage credentials, nor the account on whose behalf they act."""
        if self.api_key_id is not None:
            raise PermissionDenied("An API key can't do this; sign in.")

    def owns(self, user_id: UserId, permission: Permission) -> bool:
        """Whether it is the actor's own, to be treated as the permission says. A person needs no
        permission for it; a program has to be scoped to it."""
        return self.user_id == user_id and (self.api_key_id is None or permission in self.scopes)

    @property
    def is_system(self) -> bool:
        """The service itself, or whoever runs it by the command line."""
        return self.user_id is None and self.is_superuser

    def is_user(self, user_id: UserId) -> bool:
        return self.user_id == user_id

    def _refusal(self, detail: str) -> Unauthenticated | Forbidden:
        if self.user_id is None:
            return CredentialsMissing()
        return EmailNotVerified() if self.is_confined else PermissionDenied(detail)


SYSTEM = Actor(user_id=None, is_superuser=True)
ANONYMOUS = Actor(user_id=None)


def clean_role_name(name: str) -> RoleName:
    if not _ROLE_NAME.match(name):
        raise Invalid.field(
            "name",
            "invalid_role_name",
            "must start with a letter and hold at most 50 of a-z, 0-9, '_' and '-'",
        )
    return RoleName(name)


def _clean_description(description: str) -> str:
    return clean_line("description", description, longest=MAX_ROLE_DESCRIPTION_LENGTH)


def parse_permissions(names: Iterable[str]) -> frozenset[Permission]:
    """Permissions by name; a name outside the catalogue is `Invalid`."""
    permissions = set()
    for name in names:
        try:
            permissions.add(Permission(name))
        except ValueError:
            raise Invalid.field(
                "permissions", "unknown_permission", "must name permissions of the catalogue"
            ) from None
    return frozenset(permissions)


@attrs.define(kw_only=True)
class Role:
    """A named set of permissions. Its name is its identity and never changes."""

    name: RoleName = attrs.field(converter=clean_role_name, on_setattr=attrs.setters.frozen)
    description: str = attrs.field(default="", converter=_clean_description)
    permissions: frozenset[Permission] = frozenset()
    created_at: datetime = attrs.field(on_setattr=attrs.setters.frozen)
    updated_at: datetime
    version: int = 1

    @property
    def is_built_in(self) -> bool:
        return self.name in BUILT_IN_ROLES

    def describe(self, description: str, *, at: datetime) -> None:
        self._must_be_ours()
        self.description = description
        self.updated_at = at

    def permit(self, permissions: Iterable[Permission], *, at: datetime) -> None:
        self._must_be_ours()
        self.permissions = frozenset(permissions)
        self.updated_at = at

    def must_be_removable(self) -> None:
        self._must_be_ours()

    def _must_be_ours(self) -> None:
        if self.is_built_in:
            raise RoleBuiltIn(f"The role {self.name} is built in and can't be changed.")
