"""Entries of the trail as they are shown."""

from collections.abc import Mapping
from datetime import datetime

import attrs

from domain.access import ApiKeyId, UserId
from domain.audit import ActorKind, AuditEntry, AuditEntryId, SecurityEvent
from domain.text import Json


@attrs.frozen(kw_only=True)
class AuditView:
    id: AuditEntryId
    occurred_at: datetime
    event: str
    actor_kind: str
    actor_id: UserId | None
    api_key_id: ApiKeyId | None
    target_id: UserId | None
    subject: str | None
    address: str | None
    user_agent: str | None
    request_id: str | None
    details: Mapping[str, Json]
    sequence: int | None

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditView":
        return cls(**{field.name: getattr(entry, field.name) for field in attrs.fields(cls)})


@attrs.frozen(kw_only=True)
class SecurityEventView:
    """An event as the owner of the account sees it: nothing that is somebody else's."""

    id: AuditEntryId
    occurred_at: datetime
    event: str
    description: str
    by: str
    """`you`, or what kind of somebody else."""
    address: str | None
    """From where; not of another person's."""
    user_agent: str | None
    subject: str | None

    @classmethod
    def of(cls, entry: AuditView) -> "SecurityEventView":
        # Whoever signs in is nobody before, and has shown by then to be the owner.
        by_owner = entry.actor_id == entry.target_id or entry.event in _SHOWN_TO_BE_THE_OWNER
        # Whoever was refused at the door: from where is what an owner has to know.
        is_shown = by_owner or entry.actor_kind == ActorKind.ANONYMOUS
        return cls(
            id=entry.id,
            occurred_at=entry.occurred_at,
            event=entry.event,
            description=_DESCRIPTIONS.get(entry.event, entry.event),
            by="you" if by_owner else _BY.get(entry.actor_kind, entry.actor_kind),
            address=entry.address if is_shown else None,
            user_agent=entry.user_agent if is_shown else None,
            subject=entry.subject,
        )


_SHOWN_TO_BE_THE_OWNER = frozenset({SecurityEvent.SIGNED_UP, SecurityEvent.SIGNED_IN})
_DESCRIPTIONS: Mapping[str, str] = {event.value: event.description for event in SecurityEvent}
_BY: Mapping[str, str] = {
    ActorKind.USER: "an administrator",
    ActorKind.API_KEY: "an administrator",
    ActorKind.SYSTEM: "the service",
    ActorKind.ANONYMOUS: "somebody not signed in",
}
