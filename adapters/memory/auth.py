"""Sessions, refresh tokens and who stands behind them, in memory."""

from datetime import datetime
from typing import Protocol

import attrs

from adapters.memory.access import permissions_of
from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, Tables
from adapters.memory.users import find_by_name
from application.auth.ports import Caller, Credentials
from application.auth.views import SessionView
from application.paging import Slice, Window
from domain.access import EVERY_PERMISSION, Actor, Origin, SessionId, UserId
from domain.auth import FAMILIAR_FOR, RefreshToken, Session, SessionNotFound, device_of
from domain.throttling import network_of
from domain.users import UserNotFound


def _is_live(session: Session, at: datetime) -> bool:
    return session.revoked_at is None and at < session.expires_at


@attrs.frozen
class MemorySessionRepository:
    tables: Tables

    async def add(self, session: Session) -> None:
        if self.tables.users.find(session.user_id) is None:
            raise UserNotFound
        self.tables.sessions.add(session)

    async def get(self, session_id: SessionId) -> Session:
        return self.tables.sessions.get(session_id, SessionNotFound)

    async def save(self, session: Session) -> None:
        self.tables.sessions.replace(session)

    async def has_seen(self, user_id: UserId, origin: Origin, *, since: datetime) -> bool:
        seen = [
            session
            for session in self.tables.sessions.scan()
            if session.user_id == user_id and session.created_at > since
        ]
        network, device = network_of(origin.address), device_of(origin.user_agent)
        return any(network_of(session.ip) == network for session in seen) and any(
            device_of(session.user_agent) == device for session in seen
        )

    async def revoke_all(
        self, user_id: UserId, *, at: datetime, keep: SessionId | None = None
    ) -> int:
        ending = [
            attrs.evolve(session, revoked_at=at)
            for session in self.tables.sessions.scan()
            if session.user_id == user_id and session.id != keep and _is_live(session, at)
        ]
        for session in ending:
            self.tables.sessions.replace(session)
        return len(ending)


@attrs.frozen
class MemoryRefreshTokenRepository:
    tables: Tables

    async def add(self, token: RefreshToken) -> None:
        if self.tables.sessions.find(token.session_id) is None:
            raise SessionNotFound
        self.tables.refresh_tokens.add(token)

    async def spend(self, token_hash: bytes, *, at: datetime) -> RefreshToken | None:
        token = self.tables.refresh_tokens.find(token_hash)
        if token is None or token.spent_at is not None or at >= token.expires_at:
            return None
        token.spent_at = at
        self.tables.refresh_tokens.replace(token)
        return token

    async def find(self, token_hash: bytes) -> RefreshToken | None:
        return self.tables.refresh_tokens.find(token_hash)


@attrs.frozen
class MemorySessionReader:
    database: Committed

    async def page(
        self, user_id: UserId, window: Window, *, at: datetime, used_since: datetime
    ) -> Slice[SessionView]:
        views = [
            SessionView(
                id=session.id,
                created_at=session.created_at,
                last_used_at=session.last_used_at,
                ip=session.ip,
                user_agent=session.user_agent,
            )
            for session in self.database.tables.sessions.scan()
            if session.user_id == user_id
            and _is_live(session, at)
            and session.last_used_at > used_since
        ]
        return page_of(views, window)


@attrs.frozen
class MemoryCredentialsReader:
    database: Committed

    async def find(self, name: str, origin: Origin, *, at: datetime) -> Credentials | None:
        user = find_by_name(self.database.tables, name)
        if user is None or not user.may_return:
            return None
        network = network_of(origin.address)
        is_familiar = any(
            session.user_id == user.id
            and network_of(session.ip) == network
            and session.created_at > at - FAMILIAR_FOR
            for session in self.database.tables.sessions.scan()
        )
        return Credentials(
            user_id=user.id, password_hash=user.password_hash, is_familiar=is_familiar
        )


class CommitCount(Protocol):
    @property
    def commits(self) -> int: ...


@attrs.frozen
class MemoryRightsChanges:
    """Takes every commit for a change of rights, for a look costs nothing here."""

    database: CommitCount

    @property
    def heard(self) -> int:
        return self.database.commits


@attrs.frozen
class MemoryCallerReader:
    database: Committed

    async def find(self, session_id: SessionId) -> Caller | None:
        tables = self.database.tables
        session = tables.sessions.find(session_id)
        user = None if session is None else tables.users.find(session.user_id)
        if session is None or user is None or user.deleted_at is not None:
            return None
        actor = Actor(
            user_id=user.id,
            session_id=session.id,
            is_superuser=user.is_superuser,
            permissions=permissions_of(tables, user.roles),
        )
        return Caller(
            actor=actor,
            is_active=user.is_active,
            email_verified=user.email_verified,
            expires_at=session.expires_at,
            revoked_at=session.revoked_at,
        )

    async def find_by_api_key(self, key_hash: bytes) -> Caller | None:
        tables = self.database.tables
        for key in tables.api_keys.scan():
            if key.key_hash == key_hash:
                break
        else:
            return None
        user = tables.users.find(key.user_id)
        if user is None or user.deleted_at is not None:
            return None
        granted = permissions_of(tables, user.roles)
        return Caller(
            actor=Actor.with_api_key(
                key.id,
                key.permissions,
                owner_id=user.id,
                held=EVERY_PERMISSION if user.is_superuser else granted,
            ),
            is_active=user.is_active,
            email_verified=user.email_verified,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
        )
