"""Accounts in memory."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

import attrs

from adapters.memory.access import permissions_of
from adapters.memory.filtering import is_chosen_by
from adapters.memory.paging import page_of
from adapters.memory.repository import Id, Table
from adapters.memory.tables import Committed, Tables
from application.paging import Slice, Window
from application.users.listing import UserFilter
from application.users.views import UserView
from domain.access import RoleName, UserId
from domain.email import email_key
from domain.errors import Invalid
from domain.users import (
    EmailTaken,
    User,
    UsernameTaken,
    UserNotFound,
    clean_username,
)


def find_by_name(tables: Tables, name: str) -> User | None:
    """The account, deleted or not, with this email or username."""
    try:
        if "@" in name:
            return tables.users.find_by(EmailTaken, email_key(name))
        return tables.users.find_by(UsernameTaken, clean_username(name.strip()))
    except Invalid:
        return None


@attrs.frozen
class MemoryUserRepository:
    tables: Tables

    async def add(self, user: User) -> None:
        self._roles_must_exist(user.roles)
        self.tables.users.add(user)

    async def add_many(self, users: Sequence[User]) -> Sequence[User]:
        refused = []
        for user in users:
            self._roles_must_exist(user.roles)
            try:
                self.tables.users.add(user)
            except (EmailTaken, UsernameTaken):
                refused.append(user)
        return refused

    async def get(self, user_id: UserId) -> User:
        return self.tables.users.get(user_id, UserNotFound)

    async def get_deleted(self, user_id: UserId) -> User:
        return self.tables.users.get_deleted(user_id, UserNotFound)

    async def read(self, user_id: UserId) -> User:
        return await self.get(user_id)

    async def find_by_email(self, email: str) -> User | None:
        return self.tables.users.find_by(EmailTaken, email_key(email))

    async def lock_superusers(self) -> frozenset[UserId]:
        return frozenset(user.id for user in self.tables.users.scan() if user.holds_the_service)

    async def usernames_taken(self, usernames: Collection[str]) -> frozenset[str]:
        return frozenset(
            username
            for username in usernames
            if self.tables.users.find_by(UsernameTaken, username) is not None
        )

    async def save(self, user: User) -> None:
        self._roles_must_exist(user.roles)
        self.tables.users.save(user)

    async def due_for_purge(self, *, deleted_before: datetime, limit: int) -> frozenset[UserId]:
        due = [
            (user.deleted_at, user.id)
            for user in self.tables.users.scan()
            if user.deleted_at is not None and user.deleted_at < deleted_before
        ]
        return frozenset(user_id for _, user_id in sorted(due)[:limit])

    async def purge(self, user_ids: Collection[UserId]) -> None:
        _remove_owned(self.tables.sessions, user_ids)
        _remove_owned(self.tables.api_keys, user_ids)
        _remove_owned(self.tables.totps, user_ids)
        _remove_owned(self.tables.one_time_tokens, user_ids)
        for token in list(self.tables.refresh_tokens.scan()):
            if self.tables.sessions.find(token.session_id) is None:
                self.tables.refresh_tokens.remove(token.token_hash)
        for user_id in user_ids:
            self.tables.users.remove(user_id)

    async def note_login(self, user_id: UserId, *, at: datetime) -> None:
        user = await self.get(user_id)
        user.last_login_at = at
        self.tables.users.replace(user)

    async def rehash(self, user_id: UserId, password_hash: str) -> None:
        user = await self.get(user_id)
        user.password_hash = password_hash
        self.tables.users.replace(user)

    def _roles_must_exist(self, names: Iterable[RoleName]) -> None:
        permissions_of(self.tables, names)


class _Owned(Protocol):
    @property
    def user_id(self) -> UserId: ...


_OwnedRow = TypeVar("_OwnedRow", bound=_Owned)


def _remove_owned(table: Table[Id, _OwnedRow], user_ids: Collection[UserId]) -> None:
    for row in list(table.scan()):
        if row.user_id in user_ids:
            table.remove(table.identity(row))


@attrs.frozen
class MemoryUserReader:
    database: Committed

    async def get(self, user_id: UserId) -> UserView:
        tables = self.database.tables
        return _view(tables, tables.users.get(user_id, UserNotFound))

    async def find(self, name: str) -> UserView | None:
        return self._find(name, deleted=False)

    async def find_deleted(self, name: str) -> UserView | None:
        return self._find(name, deleted=True)

    def _find(self, name: str, *, deleted: bool) -> UserView | None:
        tables = self.database.tables
        # The id wins: anyone may call themselves by what looks like another's.
        user = _find_by_id(tables, name) or find_by_name(tables, name)
        if user is None or (user.deleted_at is not None) != deleted:
            return None
        return _view(tables, user)

    async def page(self, chosen: UserFilter, window: Window) -> Slice[UserView]:
        return page_of(self._chosen(chosen), window)

    async def stream(self, chosen: UserFilter) -> AsyncIterator[UserView]:
        for view in sorted(self._chosen(chosen), key=lambda view: (view.created_at, view.id)):
            yield view

    def _chosen(self, chosen: UserFilter) -> list[UserView]:
        tables = self.database.tables
        is_chosen = is_chosen_by(chosen)
        return [
            _view(tables, user)
            for user in tables.users.scan()
            if user.deleted_at is None and is_chosen(user)
        ]


def _find_by_id(tables: Tables, name: str) -> User | None:
    try:
        return tables.users.find(UserId(UUID(name)))
    except ValueError:
        return None


def _view(tables: Tables, user: User) -> UserView:
    return UserView.of(user, permissions_of(tables, user.roles))
