"""The tables of the in-memory database, and what is in them from the start."""

import copy
from datetime import UTC, datetime
from operator import attrgetter
from typing import Protocol, Self

import attrs

from adapters.memory.repository import Reference, Table, VersionedTable
from application.events.ports import PlacedEvent
from application.jobs.payload import Payload
from domain.access import (
    ADMIN,
    EVERY_PERMISSION,
    MEMBER,
    ApiKeyId,
    Permission,
    Role,
    RoleName,
    RoleNameTaken,
    SessionId,
    UserId,
)
from domain.api_keys import ApiKey
from domain.attachments import Attachment, AttachmentId
from domain.audit import AuditEntry, AuditEntryId, AuditHead, AuditTrailBroken
from domain.auth import RefreshToken, Session
from domain.events import EventId
from domain.idempotency import AnswerId, KeptAnswer
from domain.items import Item, ItemId
from domain.jobs import Job, JobId
from domain.one_time_tokens import OneTimeToken, OneTimeTokenId
from domain.totp import Totp
from domain.users import EmailTaken, User, UsernameTaken, UserNotFound

OF_MEMBERS: frozenset[Permission] = frozenset(
    [
        Permission.ITEMS_CREATE,
        # Of each feature, what everyone may do.
    ]
)
"""What the migrations have permitted to members."""

OWNER = Reference("owner_id", "users", unknown=lambda _: UserNotFound())
_BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)


def _users() -> VersionedTable[UserId, User]:
    return VersionedTable(
        attrgetter("id"),
        {EmailTaken: attrgetter("email_key"), UsernameTaken: attrgetter("username")},
    )


def _roles() -> VersionedTable[RoleName, Role]:
    roles: VersionedTable[RoleName, Role] = VersionedTable(
        attrgetter("name"),
        {RoleNameTaken: attrgetter("name")},
    )
    for name, description, permissions in (
        (ADMIN, "May do everything but make superusers", EVERY_PERMISSION),
        (MEMBER, "What everyone who signs up may do", OF_MEMBERS),
    ):
        roles.add(
            Role(
                name=name,
                description=description,
                permissions=permissions,
                created_at=_BEGINNING,
                updated_at=_BEGINNING,
            )
        )
    return roles


def _sessions() -> Table[SessionId, Session]:
    return Table(attrgetter("id"))


def _refresh_tokens() -> Table[bytes, RefreshToken]:
    return Table(attrgetter("token_hash"))


def _one_time_tokens() -> Table[OneTimeTokenId, OneTimeToken]:
    return Table(attrgetter("id"))


def _api_keys() -> Table[ApiKeyId, ApiKey]:
    return Table(attrgetter("id"))


def _totps() -> Table[UserId, Totp]:
    return Table(attrgetter("user_id"))


def _items() -> VersionedTable[ItemId, Item]:
    return VersionedTable(
        attrgetter("id"),
        duplicate=_duplicate_item,
        references=[OWNER],
    )


def _duplicate_item(item: Item) -> Item:
    duplicate = copy.copy(item)
    duplicate.attributes = copy.deepcopy(item.attributes)
    return duplicate


def _attachments() -> Table[AttachmentId, Attachment]:
    return Table(attrgetter("id"))


@attrs.frozen
class StoredEvent:
    """Of any kind: which one its subject tells."""

    placed: PlacedEvent[object]
    at: datetime


def _events() -> Table[EventId, StoredEvent]:
    return Table(attrgetter("placed.event.id"))


@attrs.define(kw_only=True)
class StoredJob:
    job: Job
    payload: Payload | None
    handed_over_until: datetime | None = None


def _duplicate_job(stored: StoredJob) -> StoredJob:
    return attrs.evolve(stored, job=copy.copy(stored.job))


@attrs.frozen(kw_only=True)
class ScheduledNext:
    name: str
    due_at: datetime


def _audit() -> Table[AuditEntryId, AuditEntry]:
    return Table(attrgetter("id"), {AuditTrailBroken: _place})


def _place(entry: AuditEntry) -> AuditEntryId | int:
    """Which is nobody else's, sealed or not."""
    return entry.id if entry.sequence is None else entry.sequence


def _audit_head() -> Table[bool, AuditHead]:
    return Table(lambda _: True)


def _jobs() -> Table[JobId, StoredJob]:
    return Table(attrgetter("job.id"), duplicate=_duplicate_job)


def _schedules() -> Table[str, ScheduledNext]:
    return Table(attrgetter("name"))


def _kept_answers() -> Table[AnswerId, KeptAnswer]:
    return Table(attrgetter("id"))


@attrs.frozen
class Tables:
    users: VersionedTable[UserId, User] = attrs.field(factory=_users)
    roles: VersionedTable[RoleName, Role] = attrs.field(factory=_roles)
    sessions: Table[SessionId, Session] = attrs.field(factory=_sessions)
    refresh_tokens: Table[bytes, RefreshToken] = attrs.field(factory=_refresh_tokens)
    one_time_tokens: Table[OneTimeTokenId, OneTimeToken] = attrs.field(factory=_one_time_tokens)
    api_keys: Table[ApiKeyId, ApiKey] = attrs.field(factory=_api_keys)
    totps: Table[UserId, Totp] = attrs.field(factory=_totps)
    items: VersionedTable[ItemId, Item] = attrs.field(factory=_items)
    attachments: Table[AttachmentId, Attachment] = attrs.field(factory=_attachments)
    events: Table[EventId, StoredEvent] = attrs.field(factory=_events)
    audit: Table[AuditEntryId, AuditEntry] = attrs.field(factory=_audit)
    audit_head: Table[bool, AuditHead] = attrs.field(factory=_audit_head)
    jobs: Table[JobId, StoredJob] = attrs.field(factory=_jobs)
    schedules: Table[str, ScheduledNext] = attrs.field(factory=_schedules)
    kept_answers: Table[AnswerId, KeptAnswer] = attrs.field(factory=_kept_answers)

    def __attrs_post_init__(self) -> None:
        tables = {field.name: getattr(self, field.name) for field in attrs.fields(Tables)}
        for table in tables.values():
            table.refer(tables)

    def snapshot(self) -> Self:
        """The same rows, from now on apart from these."""
        return type(self)(
            **{field.name: getattr(self, field.name).snapshot() for field in attrs.fields(Tables)}
        )


class Committed(Protocol):
    """What readers look at. Published tables never change; a commit puts others in their place."""

    @property
    def tables(self) -> Tables: ...


class Announced(Committed, Protocol):
    async def commits_after(self, heard: int) -> int:
        """How many there have been, once there have been more."""
        ...
