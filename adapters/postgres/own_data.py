"""What PostgreSQL holds about an account, table by table."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import attrs
from sqlalchemy import ColumnElement, Table, bindparam, select

from adapters.postgres.access import UserRoleRow
from adapters.postgres.api_keys import ApiKeyRow
from adapters.postgres.attachments import AttachmentRow
from adapters.postgres.audit import AuditRow
from adapters.postgres.auth import RefreshTokenRow, SessionRow
from adapters.postgres.connection import Database, Record
from adapters.postgres.items import ITEM_EVENT_TABLE, ItemRow
from adapters.postgres.one_time_tokens import OneTimeTokenRow
from adapters.postgres.query import Query, compile_query
from adapters.postgres.row import Row, table_of
from adapters.postgres.totp import RECOVERY_CODES_LEFT, TotpRow
from adapters.postgres.users import ROLES, UserRow
from application.audit.views import AuditView, SecurityEventView
from application.users.own_data import OwnRecord
from domain.access import UserId

_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@attrs.frozen(kw_only=True)
class OwnDataSource:
    """One section of the export."""

    section: str
    query: Query
    tables: tuple[Table, ...]
    """Those that it tells all of that there is to tell."""
    show: Callable[[Record], Mapping[str, object]] = dict


def _source(
    section: str,
    row: type[Row],
    *columns: str,
    owner: str = "user_id",
    beside: Sequence[ColumnElement[object]] = (),
    with_it: tuple[Table, ...] = (),
    show: Callable[[Record], Mapping[str, object]] = dict,
) -> OwnDataSource:
    table = table_of(row)
    user_id = bindparam("user_id_", type_=table.c[owner].type)
    statement = select(*(table.c[name] for name in columns), *beside).order_by(*table.primary_key)
    return OwnDataSource(
        section=section,
        query=compile_query(
            statement.where(table.c[owner] == user_id).order_by(*table.primary_key)
        ),
        tables=(table, *with_it),
        show=show,
    )


def _security_event(record: Record) -> Mapping[str, object]:
    return attrs.asdict(SecurityEventView.of(AuditView(**record)))


OWN_DATA = (
    _source(
        "account",
        UserRow,
        "id", "email", "username", "full_name", "is_active", "is_superuser", "email_verified",
        "language", "created_at", "updated_at", "last_login_at", "deleted_at",
        owner="id",
        beside=[ROLES.label("roles")],
        with_it=(table_of(UserRoleRow),),
    ),
    _source(
        "sessions",
        SessionRow,
        "id", "created_at", "last_used_at", "expires_at", "revoked_at", "ip",
        "user_agent",
        with_it=(table_of(RefreshTokenRow),),
    ),
    _source(
        "api_keys",
        ApiKeyRow,
        "id", "name", "prefix", "permissions", "created_at", "expires_at", "last_used_at",
    ),
    _source(
        "totp",
        TotpRow,
        "created_at", "confirmed_at", "failures",
        beside=[RECOVERY_CODES_LEFT.label("recovery_codes_left")],
    ),
    _source("mail_links", OneTimeTokenRow, "purpose", "email", "created_at", "expires_at"),
    _source(
        "items",
        ItemRow,
        "id", "title", "description", "status", "attributes", "created_at", "updated_at",
        "deleted_at",
        owner="owner_id",
        # How they were in the course of the last day.
        with_it=(ITEM_EVENT_TABLE.table,),
    ),
    _source(
        "attachments",
        AttachmentRow,
        "id", "item_id", "filename", "content_type", "size", "sha256", "created_at",
        owner="owner_id",
    ),
    _source(
        "security_events",
        AuditRow,
        *(field.name for field in attrs.fields(AuditView)),
        owner="target_id",
        show=_security_event,
    ),
)  # fmt: skip
"""A feature that stores something about an account joins by an entry here."""


@attrs.frozen
class PostgresOwnDataReader:
    database: Database
    sources: tuple[OwnDataSource, ...] = OWN_DATA

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(source.section for source in self.sources)

    async def stream(self, user_id: UserId) -> AsyncIterator[OwnRecord]:
        async with self.database.transaction(_SNAPSHOT) as connection:
            for source in self.sources:
                async for record in connection.stream(source.query, {"user_id_": user_id}):
                    yield OwnRecord(source.section, source.show(record))
