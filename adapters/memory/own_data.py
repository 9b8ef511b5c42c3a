"""What is held in memory about an account."""

from collections.abc import AsyncIterator, Iterable, Iterator
from operator import attrgetter
from typing import TypeVar

import attrs

from adapters.memory.tables import Committed, Tables
from application.audit.views import AuditView, SecurityEventView
from application.users.own_data import OwnRecord
from domain.access import UserId

Identified = TypeVar("Identified")

_ACCOUNT = (
    "id", "email", "username", "full_name", "is_active", "is_superuser", "email_verified",
    "language", "created_at", "updated_at", "last_login_at", "deleted_at", "roles",
)  # fmt: skip
_SESSION = (
    "id",
    "created_at",
    "last_used_at",
    "expires_at",
    "revoked_at",
    "ip",
    "user_agent",
)
_API_KEY = ("id", "name", "prefix", "permissions", "created_at", "expires_at", "last_used_at")
_MAIL_LINK = ("purpose", "email", "created_at", "expires_at")
_ITEM = (
    "id", "title", "description", "status", "attributes", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
_ATTACHMENT = ("id", "item_id", "filename", "content_type", "size", "sha256", "created_at")


@attrs.frozen
class MemoryOwnDataReader:
    database: Committed

    @property
    def sections(self) -> tuple[str, ...]:
        return (
            "account",
            "sessions",
            "api_keys",
            "totp",
            "mail_links",
            "items",
            "attachments",
            "security_events",
        )

    async def stream(self, user_id: UserId) -> AsyncIterator[OwnRecord]:
        for record in _records(self.database.tables, user_id):
            yield record


def _records(tables: Tables, user_id: UserId) -> Iterator[OwnRecord]:
    for user in _of(tables.users.scan(), "id", user_id):
        yield OwnRecord("account", _named(user, _ACCOUNT))
    for session in _of(tables.sessions.scan(), "user_id", user_id):
        yield OwnRecord("sessions", _named(session, _SESSION))
    for key in _of(tables.api_keys.scan(), "user_id", user_id):
        yield OwnRecord("api_keys", _named(key, _API_KEY))
    totp = tables.totps.find(user_id)
    if totp is not None:
        yield OwnRecord(
            "totp",
            {
                "created_at": totp.created_at,
                "confirmed_at": totp.confirmed_at,
                "failures": list(totp.failures),
                "recovery_codes_left": len(totp.recovery_codes),
            },
        )
    for token in _of(tables.one_time_tokens.scan(), "user_id", user_id):
        yield OwnRecord("mail_links", _named(token, _MAIL_LINK))
    for item in _of(tables.items.scan(), "owner_id", user_id):
        yield OwnRecord("items", _named(item, _ITEM))
    for attachment in _of(tables.attachments.scan(), "owner_id", user_id):
        yield OwnRecord("attachments", _named(attachment, _ATTACHMENT))
    for entry in _of(tables.audit.scan(), "target_id", user_id):
        event = SecurityEventView.of(AuditView.of(entry))
        yield OwnRecord("security_events", attrs.asdict(event))


def _of(rows: Iterable[Identified], owner: str, user_id: UserId) -> list[Identified]:
    return sorted((row for row in rows if getattr(row, owner) == user_id), key=attrgetter("id"))


def _named(entity: object, names: tuple[str, ...]) -> dict[str, object]:
    values = {name: getattr(entity, name) for name in names}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in values.items()
    }
