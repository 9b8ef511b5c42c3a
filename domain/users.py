"""Accounts: who they are, what they are called, and when they may act."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

import attrs

from domain.access import RoleName, UserId
from domain.email import clean_email, email_key
from domain.errors import Conflict, Invalid, NotFound
from domain.text import clean_line

DEFAULT_LANGUAGE = "en"
MAX_FULL_NAME_LENGTH = 255
MIN_USERNAME_LENGTH = 3
MAX_USERNAME_LENGTH = 50
USERNAME_PATTERN = r"^[A-Za-z0-9_.-]{3,50}$"
_USERNAME = re.compile(USERNAME_PATTERN.removesuffix("$") + r"\Z")
_NOT_IN_USERNAMES = re.compile(r"[^a-z0-9_.-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")


class UserNotFound(NotFound):
    """There is no such account, or it is not yours to see."""

    code = "user_not_found"
    title = "No such user"


class EmailTaken(Conflict):
    """An account with this email exists already. Sign in, or recover its password."""

    code = "email_taken"
    title = "The email is taken"


class UsernameTaken(Conflict):
    """The username belongs to another account. Choose another one."""

    code = "username_taken"
    title = "The username is taken"


class InactiveUser(Invalid):
    """The account has been deactivated. Ask an administrator to activate it again."""

    code = "inactive_user"
    title = "The user is inactive"


class LastSuperuser(Conflict):
    """This would leave the service without an active superuser. Make another one first."""

    code = "last_superuser"
    title = "The last active superuser must stay"


def clean_username(username: str) -> str:
    if not _USERNAME.match(username):
        raise Invalid.field(
            "username", "invalid_username", "must have 3 to 50 of a-z, 0-9, '_', '.' and '-'"
        )
    return username.lower()


def username_from_email(email: str) -> str:
    """The username of someone who gave none."""
    local_part = email_key(email).rpartition("@")[0]
    plain = unicodedata.normalize("NFKD", local_part).encode("ascii", "ignore").decode()
    username = _NOT_IN_USERNAMES.sub("-", plain).strip("-")[: MAX_USERNAME_LENGTH - 9]
    return username if len(username) >= MIN_USERNAME_LENGTH else f"user-{username}".strip("-")


def _clean_full_name(full_name: str | None) -> str | None:
    if full_name is None:
        return None
    return clean_line("full_name", full_name, longest=MAX_FULL_NAME_LENGTH)


def preferred_language(accept_language: str | None) -> str:
    """The first language that `Accept-Language` names (RFC 9110 §12.5.4), without its region.
    Clients write what they like best first; where it says nothing usable, English."""
    first = (accept_language or "").partition(",")[0].partition(";")[0]
    language = first.strip().partition("-")[0].casefold()
    return language if _LANGUAGE.match(language) else DEFAULT_LANGUAGE


@attrs.define(kw_only=True)
class User:
    """An account. Deleting is soft: the row and its email stay reserved until it is purged."""

    id: UserId = attrs.field(on_setattr=attrs.setters.frozen)
    email: str = attrs.field(converter=clean_email)
    username: str = attrs.field(converter=clean_username)
    full_name: str | None = attrs.field(default=None, converter=_clean_full_name)
    password_hash: str | None = attrs.field(default=None, repr=False)
    is_active: bool = True
    is_superuser: bool = False
    email_verified: bool = False
    language: str = DEFAULT_LANGUAGE
    """In which mail is written to them."""
    roles: frozenset[RoleName] = frozenset()
    created_at: datetime = attrs.field(on_setattr=attrs.setters.frozen)
    updated_at: datetime
    last_login_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by_owner: bool = False
    """Whoever deleted it themselves takes that back by signing in."""
    version: int = 1

    @property
    def email_key(self) -> str:
        return email_key(self.email)

    @property
    def may_act(self) -> bool:
        return self.is_active and self.deleted_at is None

    @property
    def may_return(self) -> bool:
        """Whether its owner gets in by signing in."""
        return self.deleted_at is None or self.deleted_by_owner

    @property
    def may_sign_in(self) -> bool:
        """And may therefore follow the links that are mailed."""
        return self.is_active and self.may_return

    @property
    def holds_the_service(self) -> bool:
        """Whether this is one of those of whom at least one must remain."""
        return self.is_superuser and self.may_act

    def rename(self, username: str, *, at: datetime) -> None:
        self.username = username
        self.updated_at = at

    def introduce(self, full_name: str | None, *, at: datetime) -> None:
        self.full_name = full_name
        self.updated_at = at

    def activate(self, *, at: datetime) -> None:
        self.is_active = True
        self.updated_at = at

    def deactivate(self, *, at: datetime) -> None:
        self.is_active = False
        self.updated_at = at

    def promote(self, *, at: datetime) -> None:
        self.is_superuser = True
        self.updated_at = at

    def demote(self, *, at: datetime) -> None:
        self.is_superuser = False
        self.updated_at = at

    def assign(self, roles: Iterable[RoleName], *, at: datetime) -> None:
        self.roles = frozenset(roles)
        self.updated_at = at

    def verify_email(self, *, at: datetime) -> None:
        """Its owner has shown that they read what is sent there."""
        self.email_verified = True
        self.updated_at = at

    def change_email(self, email: str, *, at: datetime) -> None:
        """To one whose owner has shown that they read what is sent there."""
        self.email = email
        self.verify_email(at=at)

    def change_password(self, password_hash: str, *, at: datetime) -> None:
        self.password_hash = password_hash
        self.updated_at = at

    def delete(self, *, at: datetime, by_owner: bool = False) -> None:
        self.deleted_at = at
        self.deleted_by_owner = by_owner
        self.updated_at = at

    def restore(self, *, at: datetime) -> None:
        self.deleted_at = None
        self.deleted_by_owner = False
        self.updated_at = at

    def must_be_active(self) -> None:
        if not self.is_active:
            raise InactiveUser
