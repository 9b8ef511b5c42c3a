"""Sessions and refresh tokens in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import ForeignKey, Index, LargeBinary, Text, and_, bindparam, exists, select, update
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.access import granted_to, known_permissions
from adapters.postgres.access_changes import AccessChanges
from adapters.postgres.api_keys import ApiKeyRow
from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import Values, by_name, entity_table
from adapters.postgres.listing import PostgresListing
from adapters.postgres.query import compile_query
from adapters.postgres.row import Row, table_of
from adapters.postgres.users import UserRow, email_or_username_in
from application.auth.ports import Caller, Credentials
from application.auth.views import SessionView
from application.paging import Slice, Window
from domain.access import (
    EVERY_PERMISSION,
    Actor,
    ApiKeyId,
    NotAuthenticated,
    Origin,
    SessionId,
    UserId,
)
from domain.auth import FAMILIAR_FOR, RefreshToken, Session, SessionNotFound, device_of
from domain.throttling import network_of


class SessionRow(Row):
    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    ip: Mapped[str | None]
    user_agent: Mapped[str | None]
    network: Mapped[str]
    """Of `ip`, as limits count it; kept for looking up where somebody has been before."""
    device: Mapped[str]
    """Of `user_agent`, for the same."""


class RefreshTokenRow(Row):
    __tablename__ = "refresh_tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


_NOT_REVOKED = SessionRow.revoked_at.is_(None)

Index(
    "ix_sessions_user_id_last_used_at_id",
    SessionRow.user_id,
    SessionRow.last_used_at,
    SessionRow.id,
    postgresql_where=_NOT_REVOKED,
)
Index("ix_sessions_user_id_network", SessionRow.user_id, SessionRow.network)
Index("ix_sessions_user_id_device", SessionRow.user_id, SessionRow.device)
Index("ix_refresh_tokens_session_id", RefreshTokenRow.session_id)


def _values(session: Session) -> Values:
    kept = {"network": network_of(session.ip), "device": device_of(session.user_agent)}
    return by_name(session) | kept


_SESSIONS = entity_table(
    Session,
    SessionRow,
    not_found=SessionNotFound,
    refusals={},
    values_of=_values,
    written_only=frozenset({"network", "device"}),
)
_REFRESH_TOKENS = entity_table(
    RefreshToken,
    RefreshTokenRow,
    key="token_hash",
    not_found=NotAuthenticated,
    refusals={},
)
_EARLIER = exists().where(
    SessionRow.user_id == bindparam("user_id_"), SessionRow.created_at > bindparam("since")
)
_HAS_SEEN = compile_query(
    select(
        and_(
            _EARLIER.where(SessionRow.network == bindparam("network_", type_=Text)),
            _EARLIER.where(SessionRow.device == bindparam("device_", type_=Text)),
        ).label("has_seen")
    )
)
_REVOKE_ALL = compile_query(
    update(SessionRow)
    .where(
        SessionRow.user_id == bindparam("user_id_"),
        SessionRow.id.is_distinct_from(bindparam("keep", type_=SessionRow.id.type)),
        SessionRow.expires_at > bindparam("at"),
        _NOT_REVOKED,
    )
    .values(revoked_at=bindparam("at"))
)
_SPEND = compile_query(
    update(RefreshTokenRow)
    .where(
        RefreshTokenRow.token_hash == bindparam("hash"),
        RefreshTokenRow.spent_at.is_(None),
        RefreshTokenRow.expires_at > bindparam("at"),
    )
    .values(spent_at=bindparam("at"))
    .returning(*RefreshTokenRow.__table__.columns)
)


@attrs.frozen
class PostgresSessionRepository:
    connection: Connection
    changes: AccessChanges

    async def add(self, session: Session) -> None:
        await _SESSIONS.add(self.connection, session)

    async def get(self, session_id: SessionId) -> Session:
        return await _SESSIONS.get(self.connection, session_id)

    async def save(self, session: Session) -> None:
        await _SESSIONS.save(self.connection, session)
        self.changes.of_session(session.id)

    async def has_seen(self, user_id: UserId, origin: Origin, *, since: datetime) -> bool:
        values = {
            "user_id_": user_id,
            "since": since,
            "network_": network_of(origin.address),
            "device_": device_of(origin.user_agent),
        }
        record = await self.connection.row(_HAS_SEEN, values)
        return record is not None and bool(record["has_seen"])

    async def revoke_all(
        self, user_id: UserId, *, at: datetime, keep: SessionId | None = None
    ) -> int:
        self.changes.of_user(user_id)
        return await self.connection.execute(
            _REVOKE_ALL, {"user_id_": user_id, "at": at, "keep": keep}
        )


@attrs.frozen
class PostgresRefreshTokenRepository:
    connection: Connection

    async def add(self, token: RefreshToken) -> None:
        await _REFRESH_TOKENS.add(self.connection, token)

    async def spend(self, token_hash: bytes, *, at: datetime) -> RefreshToken | None:
        record = await self.connection.row(_SPEND, {"hash": token_hash, "at": at})
        return None if record is None else _REFRESH_TOKENS.load(record)

    async def find(self, token_hash: bytes) -> RefreshToken | None:
        return await _REFRESH_TOKENS.find(self.connection, token_hash, lock=False)


def _view(record: Record) -> SessionView:
    return SessionView(**record)


_TABLE = table_of(SessionRow)
_LISTING = PostgresListing(
    table=_TABLE,
    columns=[_TABLE.c[field.name] for field in attrs.fields(SessionView)],
    conditions={
        "user_id": SessionRow.user_id == bindparam("user_id"),
        "live_at": (SessionRow.expires_at > bindparam("live_at")) & _NOT_REVOKED,
        "used_since": SessionRow.last_used_at > bindparam("used_since"),
    },
    tiebreak="id",
    view=_view,
)


@attrs.frozen
class PostgresSessionReader:
    database: Database

    async def page(
        self, user_id: UserId, window: Window, *, at: datetime, used_since: datetime
    ) -> Slice[SessionView]:
        filters = {"user_id": user_id, "live_at": at, "used_since": used_since}
        return await _LISTING.page(self.database, filters, window)


_CALLER = compile_query(
    select(
        SessionRow.user_id,
        SessionRow.expires_at,
        SessionRow.revoked_at,
        UserRow.is_active,
        UserRow.email_verified,
        UserRow.is_superuser,
        granted_to(UserRow.id).label("permissions"),
    )
    .join(UserRow, UserRow.id == SessionRow.user_id)
    .where(SessionRow.id == bindparam("id_"), UserRow.deleted_at.is_(None))
)
_CALLER_BY_API_KEY = compile_query(
    select(
        ApiKeyRow.id,
        ApiKeyRow.user_id,
        ApiKeyRow.permissions.label("scopes"),
        ApiKeyRow.expires_at,
        ApiKeyRow.last_used_at,
        UserRow.is_active,
        UserRow.email_verified,
        UserRow.is_superuser,
        granted_to(UserRow.id).label("permissions"),
    )
    .join(UserRow, UserRow.id == ApiKeyRow.user_id)
    .where(ApiKeyRow.key_hash == bindparam("hash"), UserRow.deleted_at.is_(None))
)


@attrs.frozen
class PostgresCallerReader:
    database: Database

    async def find(self, session_id: SessionId) -> Caller | None:
        record = await self.database.row(_CALLER, {"id_": session_id})
        if record is None:
            return None
        return Caller(
            actor=Actor(
                user_id=UserId(record["user_id"]),
                session_id=session_id,
                is_superuser=record["is_superuser"],
                permissions=known_permissions(record["permissions"]),
            ),
            is_active=record["is_active"],
            email_verified=record["email_verified"],
            expires_at=record["expires_at"],
            revoked_at=record["revoked_at"],
        )

    async def find_by_api_key(self, key_hash: bytes) -> Caller | None:
        record = await self.database.row(_CALLER_BY_API_KEY, {"hash": key_hash})
        if record is None:
            return None
        granted = known_permissions(record["permissions"])
        return Caller(
            actor=Actor.with_api_key(
                ApiKeyId(record["id"]),
                known_permissions(record["scopes"]),
                owner_id=UserId(record["user_id"]),
                held=EVERY_PERMISSION if record["is_superuser"] else granted,
            ),
            is_active=record["is_active"],
            email_verified=record["email_verified"],
            expires_at=record["expires_at"],
            last_used_at=record["last_used_at"],
        )


_CREDENTIALS = {
    column: compile_query(
        select(
            UserRow.id,
            UserRow.password_hash,
            exists()
            .where(
                SessionRow.user_id == UserRow.id,
                SessionRow.network == bindparam("network", type_=Text),
                SessionRow.created_at > bindparam("since"),
            )
            .label("is_familiar"),
        ).where(
            getattr(UserRow, column) == bindparam("key_"),
            UserRow.deleted_at.is_(None) | UserRow.deleted_by_owner,
        )
    )
    for column in ("email_key", "username")
}


@attrs.frozen
class PostgresCredentialsReader:
    database: Database

    async def find(self, name: str, origin: Origin, *, at: datetime) -> Credentials | None:
        column, key = email_or_username_in(name)
        if key is None:
            return None
        since = at - FAMILIAR_FOR
        values = {"key_": key, "network": network_of(origin.address), "since": since}
        record = await self.database.row(_CREDENTIALS[column], values)
        if record is None:
            return None
        return Credentials(
            user_id=UserId(record["id"]),
            password_hash=record["password_hash"],
            is_familiar=record["is_familiar"],
        )
