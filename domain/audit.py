"""The trail of who did what to whom: sign-ins, refusals, changes of rights and credentials."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

import attrs

from domain.access import Actor, ApiKeyId, UserId
from domain.text import Json

AuditEntryId = NewType("AuditEntryId", UUID)


class SecurityEvent(StrEnum):
    """What is recorded."""

    description: str

    def __new__(cls, value: str, description: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    SIGNED_UP = "signed_up", "An account was made"
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_REFUSED = "sign_in_refused", "A sign-in was refused"
    SIGNED_OUT = "signed_out", "Signed out"
    SESSION_REVOKED = "session_revoked", "A session was ended"
    SESSIONS_REVOKED = "sessions_revoked", "All sessions were ended"
    REFRESH_TOKEN_REUSED = "refresh_token_reused", "A spent refresh token came again"
    PASSWORD_CHANGED = "password_changed", "The password was changed"
    PERMISSION_DENIED = "permission_denied", "Something was refused for want of a permission"

    @property
    def is_told(self) -> bool:
        """Whether the account's owner must hear of it by mail."""
        return self in _TOLD


_TOLD = frozenset({SecurityEvent.REFRESH_TOKEN_REUSED, SecurityEvent.PASSWORD_CHANGED})


class ActorKind(StrEnum):
    USER = "user"
    API_KEY = "api_key"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"

    @classmethod
    def of(cls, actor: Actor) -> "ActorKind":
        if actor.api_key_id is not None:
            return cls.API_KEY
        if actor.user_id is not None:
            return cls.USER
        return cls.SYSTEM if actor.is_superuser else cls.ANONYMOUS


@attrs.frozen(kw_only=True)
class AuditEntry:
    """One event. Written in the transaction of what it tells of, and never changed."""

    id: AuditEntryId
    occurred_at: datetime
    event: SecurityEvent
    actor_kind: ActorKind
    actor_id: UserId | None = None
    api_key_id: ApiKeyId | None = None
    target_id: UserId | None = None
    """The account that it happened to."""
    subject: str | None = None
    """What it happened to, where that is no account: a role's name, a session's id."""
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    details: Mapping[str, Json] = attrs.field(factory=dict)
    """Never holds a secret."""

    @classmethod
    def of(
        cls,
        entry_id: AuditEntryId,
        event: SecurityEvent,
        actor: Actor,
        *,
        at: datetime,
        target_id: UserId | None = None,
        subject: str | None = None,
        details: Mapping[str, Json] | None = None,
    ) -> "AuditEntry":
        origin = actor.origin
        return cls(
            id=entry_id,
            occurred_at=at,
            event=event,
            actor_kind=ActorKind.of(actor),
            actor_id=actor.user_id,
            api_key_id=actor.api_key_id,
            target_id=target_id,
            subject=subject,
            address=origin.address,
            user_agent=origin.user_agent,
            request_id=origin.request_id,
            details=details or {},
        )
