"""What is held in memory about an account, table by table."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping
from operator import attrgetter
from typing import TypeVar

import attrs

from adapters.memory.repository import Table
from adapters.memory.tables import Committed, Tables
from application.audit.views import AuditView, SecurityEventView
from application.users.own_data import OwnRecord
from domain.access import UserId
from domain.audit import AuditEntry
from domain.totp import Totp

Id = TypeVar("Id", bound=Hashable)
Entity = TypeVar("Entity")


@attrs.frozen
class OwnDataSource:
    """One section of the export."""

    section: str
    records: Callable[[Tables, UserId], Iterable[Mapping[str, object]]]


def _source(
    section: str,
    table_in: Callable[[Tables], Table[Id, Entity]],
    *fields: str,
    owner: str = "user_id",
    order: str = "id",
    show: Callable[[Entity], Mapping[str, object]] | None = None,
) -> OwnDataSource:
    def records(tables: Tables, user_id: UserId) -> Iterable[Mapping[str, object]]:
        theirs = [row for row in table_in(tables).scan() if getattr(row, owner) == user_id]
        for row in sorted(theirs, key=attrgetter(order)):
            yield _named(row, fields) if show is None else show(row)

    return OwnDataSource(section, records)


def _named(entity: object, names: tuple[str, ...]) -> Mapping[str, object]:
    values = {name: getattr(entity, name) for name in names}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in values.items()
    }


def _totp(totp: Totp) -> Mapping[str, object]:
    return {
        "created_at": totp.created_at,
        "confirmed_at": totp.confirmed_at,
        "failures": list(totp.failures),
        "recovery_codes_left": len(totp.recovery_codes),
    }


def _security_event(entry: AuditEntry) -> Mapping[str, object]:
    return attrs.asdict(SecurityEventView.of(AuditView.of(entry)))


OWN_DATA = (
    _source(
        "account",
        lambda tables: tables.users,
        "id", "email", "username", "full_name", "is_active", "is_superuser", "email_verified",
        "language", "created_at", "updated_at", "last_login_at", "deleted_at", "roles",
        owner="id",
    ),
    _source(
        "sessions",
        lambda tables: tables.sessions,
        "id", "created_at", "last_used_at", "expires_at", "revoked_at", "ip", "user_agent",
    ),
    _source(
        "api_keys",
        lambda tables: tables.api_keys,
        "id", "name", "prefix", "permissions", "created_at", "expires_at", "last_used_at",
    ),
    _source("totp", lambda tables: tables.totps, order="user_id", show=_totp),
    _source(
        "mail_links",
        lambda tables: tables.one_time_tokens,
        "purpose", "email", "created_at", "expires_at",
    ),
    _source(
        "items",
        lambda tables: tables.items,
        "id", "title", "description", "status", "attributes", "created_at", "updated_at",
        "deleted_at",
        owner="owner_id",
    ),
    _source(
        "attachments",
        lambda tables: tables.attachments,
        "id", "item_id", "filename", "content_type", "size", "sha256", "created_at",
        owner="owner_id",
    ),
    _source(
        "security_events",
        lambda tables: tables.audit,
        owner="target_id",
        show=_security_event,
    ),
)  # fmt: skip
"""A feature that stores something about an account joins by an entry here."""


@attrs.frozen
class MemoryOwnDataReader:
    database: Committed

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(source.section for source in OWN_DATA)

    async def stream(self, user_id: UserId) -> AsyncIterator[OwnRecord]:
        tables = self.database.tables
        for source in OWN_DATA:
            for values in source.records(tables, user_id):
                yield OwnRecord(source.section, values)
