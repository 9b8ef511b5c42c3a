"""Personal API keys: what a program shows in place of its owner, for a part of what they may do."""

from collections.abc import Collection
from datetime import datetime, timedelta

import attrs

from domain.access import ApiKeyId, Permission, UserId
from domain.errors import Conflict, Invalid, NotFound
from domain.text import clean_line

API_KEY_MARK = "tsk_"
"""How every key begins, so that scanners for leaked secrets know it, and so do we."""
MAX_API_KEY_NAME_LENGTH = 100
MAX_LIVE_API_KEYS = 50
"""Of one owner."""
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class ApiKeyNotFound(NotFound):
    """You have no such API key."""

    code = "api_key_not_found"
    title = "No such API key"


class TooManyApiKeys(Conflict):
    """You have as many API keys as one account may. Delete those that nothing uses any more;
    `last_used_at` tells which."""

    code = "too_many_api_keys"
    title = "There are too many API keys"


def is_use_to_be_noted(last_used_at: datetime | None, *, at: datetime) -> bool:
    """Not at each use: most come in quick succession."""
    return last_used_at is None or at - last_used_at >= USE_IS_NOTED_EVERY


def _clean_name(name: str) -> str:
    return clean_line("name", name, shortest=1, longest=MAX_API_KEY_NAME_LENGTH)


@attrs.define(kw_only=True)
class ApiKey:
    """Of the key itself only a hash is kept, and its first characters, for its owner to know it
    by."""

    id: ApiKeyId = attrs.field(on_setattr=attrs.setters.frozen)
    user_id: UserId = attrs.field(on_setattr=attrs.setters.frozen)
    name: str = attrs.field(converter=_clean_name)
    prefix: str
    key_hash: bytes = attrs.field(repr=False)
    permissions: frozenset[Permission] = frozenset()
    """What it is for: its owner may do less by now, and then so may it."""
    created_at: datetime = attrs.field(on_setattr=attrs.setters.frozen)
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    @classmethod
    def make(
        cls,
        key_id: ApiKeyId,
        owner_id: UserId,
        *,
        name: str,
        prefix: str,
        key_hash: bytes,
        permissions: Collection[Permission],
        expires_at: datetime | None,
        at: datetime,
    ) -> "ApiKey":
        """`Invalid` where it would be good for nothing."""
        if not permissions:
            raise Invalid.field("permissions", "too_short", "must name at least one permission")
        if expires_at is not None and expires_at <= at:
            raise Invalid.field("expires_at", "in_the_past", "must lie in the future")
        return cls(
            id=key_id,
            user_id=owner_id,
            name=name,
            prefix=prefix,
            key_hash=key_hash,
            permissions=frozenset(permissions),
            created_at=at,
            expires_at=expires_at,
        )
