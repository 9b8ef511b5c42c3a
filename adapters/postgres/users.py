"""Accounts in PostgreSQL."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Index,
    Integer,
    Text,
    Uuid,
    all_,
    any_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.access import UserRoleRow, granted_to, known_permissions
from adapters.postgres.access_changes import AccessChanges
from adapters.postgres.connection import Connection, Database, Record
from adapters.postgres.entity_table import Values, by_name, entity_table
from adapters.postgres.filtering import conditions_of, filters_of
from adapters.postgres.listing import PostgresListing
from adapters.postgres.query import compile_query
from adapters.postgres.refusals import refused_as
from adapters.postgres.row import Row, table_of
from application.paging import Slice, SortKey, Window
from application.users.listing import UserFilter
from application.users.views import UserView
from domain.access import EVERY_PERMISSION, RoleNotFound, UserId
from domain.email import email_key
from domain.errors import Invalid
from domain.users import EmailTaken, User, UsernameTaken, UserNotFound, clean_username


class UserRow(Row):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str]
    username: Mapped[str]
    full_name: Mapped[str | None]
    password_hash: Mapped[str | None]
    is_active: Mapped[bool]
    is_superuser: Mapped[bool]
    email_verified: Mapped[bool]
    language: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deleted_by_owner: Mapped[bool]
    version: Mapped[int]


_LIVE = UserRow.deleted_at.is_(None)

# The deleted keep their email and username until they are purged, so that restoring never fails.
Index("uq_users_email_key", UserRow.email_key, unique=True)
Index("uq_users_username", UserRow.username, unique=True)
Index("ix_users_created_at_id", UserRow.created_at, UserRow.id)
Index("ix_users_updated_at_id", UserRow.updated_at, UserRow.id)
Index("ix_users_email_id", UserRow.email, UserRow.id)
Index("ix_users_deleted_at", UserRow.deleted_at, postgresql_where=UserRow.deleted_at.is_not(None))
Index(
    "ix_users_superusers",
    UserRow.id,
    postgresql_where=UserRow.is_superuser & UserRow.is_active & _LIVE,
)


def _values(user: User) -> Values:
    return by_name(user) | {"email_key": user.email_key}


# What roles an account has, inside a statement over accounts.
ROLES = func.array(
    select(UserRoleRow.role_name)
    .where(UserRoleRow.user_id == UserRow.id)
    .order_by(UserRoleRow.role_name)
    .scalar_subquery()
)

_USERS = entity_table(
    User,
    UserRow,
    not_found=UserNotFound,
    refusals={
        "uq_users_email_key": EmailTaken,
        "uq_users_username": UsernameTaken,
        "fk_user_roles_role_name": RoleNotFound,
    },
    values_of=_values,
    written_only=frozenset({"email_key"}),
    computed={"roles": ROLES},
    read_as={"roles": frozenset},
)


_ADD_UNLESS_TAKEN = compile_query(
    insert(UserRow).on_conflict_do_nothing().returning(UserRow.id), _USERS.columns
)
_GIVE_ROLES = compile_query(
    insert(UserRoleRow)
    .from_select(
        ["user_id", "role_name"],
        select(
            bindparam("user_id_", type_=UserRoleRow.user_id.type),
            func.unnest(bindparam("names", type_=ARRAY(Text))),
        ),
    )
    .on_conflict_do_nothing()
)
_TAKE_OTHER_ROLES = compile_query(
    delete(UserRoleRow).where(
        UserRoleRow.user_id == bindparam("user_id_"),
        UserRoleRow.role_name != all_(bindparam("names", type_=ARRAY(Text))),
    )
)
# Any number will do, as long as every version of the service takes the same.
_SUPERUSERS_LOCK = 7_355_608_113
_ONE_AT_A_TIME = compile_query(
    select(func.pg_advisory_xact_lock(bindparam("lock", type_=BigInteger)))
)
_LOCK_SUPERUSERS = compile_query(
    select(UserRow.id)
    .where(UserRow.is_superuser, UserRow.is_active, _LIVE)
    .order_by(UserRow.id)
    .with_for_update(key_share=True)
)
_ID_OF_EMAIL = compile_query(select(UserRow.id).where(UserRow.email_key == bindparam("email_key_")))
_USERNAMES_TAKEN = compile_query(
    select(UserRow.username).where(
        UserRow.username == any_(bindparam("usernames", type_=ARRAY(Text)))
    )
)
_DUE = compile_query(
    select(UserRow.id)
    .where(UserRow.deleted_at < bindparam("before"))
    .order_by(UserRow.deleted_at)
    .limit(bindparam("limit_", type_=Integer))
    .with_for_update(skip_locked=True)
)
# With all that refers to them by a key that cascades.
_PURGE = compile_query(
    delete(UserRow).where(UserRow.id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
)
_NOTE_LOGIN = compile_query(
    update(UserRow).where(UserRow.id == bindparam("id_")).values(last_login_at=bindparam("at"))
)
_REHASH = compile_query(
    update(UserRow)
    .where(UserRow.id == bindparam("id_"))
    .values(password_hash=bindparam("new_hash"))
)


@attrs.frozen
class PostgresUserRepository:
    connection: Connection
    changes: AccessChanges

    async def add(self, user: User) -> None:
        await _USERS.add(self.connection, user)
        await self._give_roles([user])

    async def add_many(self, users: Sequence[User]) -> Sequence[User]:
        records = await self.connection.rows_of_each(_ADD_UNLESS_TAKEN, map(_values, users))
        added = {record["id"] for record in records}
        await self._give_roles([user for user in users if user.id in added])
        return [user for user in users if user.id not in added]

    async def get(self, user_id: UserId) -> User:
        return await _USERS.get(self.connection, user_id)

    async def get_deleted(self, user_id: UserId) -> User:
        return await _USERS.get_deleted(self.connection, user_id)

    async def read(self, user_id: UserId) -> User:
        return await _USERS.get(self.connection, user_id, lock=False)

    async def find_by_email(self, email: str) -> User | None:
        record = await self.connection.row(_ID_OF_EMAIL, {"email_key_": email_key(email)})
        if record is None:
            return None
        return await _USERS.find(self.connection, record["id"], lock=False)

    async def lock_superusers(self) -> frozenset[UserId]:
        # By row alone two could deadlock: one who holds the superusers that are left waits for one
        # who no longer is, and the other way round.
        await self.connection.row(_ONE_AT_A_TIME, {"lock": _SUPERUSERS_LOCK})
        records = await self.connection.rows(_LOCK_SUPERUSERS, {})
        return frozenset(UserId(record["id"]) for record in records)

    async def usernames_taken(self, usernames: Collection[str]) -> frozenset[str]:
        records = await self.connection.rows(_USERNAMES_TAKEN, {"usernames": list(usernames)})
        return frozenset(record["username"] for record in records)

    async def save(self, user: User) -> None:
        await _USERS.save(self.connection, user)
        await self.connection.execute(
            _TAKE_OTHER_ROLES, {"user_id_": user.id, "names": sorted(user.roles)}
        )
        await self._give_roles([user])
        self.changes.of_user(user.id)

    async def due_for_purge(self, *, deleted_before: datetime, limit: int) -> frozenset[UserId]:
        values = {"before": deleted_before, "limit_": limit}
        return frozenset(UserId(each["id"]) for each in await self.connection.rows(_DUE, values))

    async def purge(self, user_ids: Collection[UserId]) -> None:
        await self.connection.execute(_PURGE, {"ids": list(user_ids)})

    async def note_login(self, user_id: UserId, *, at: datetime) -> None:
        await self.connection.execute(_NOTE_LOGIN, {"id_": user_id, "at": at})

    async def rehash(self, user_id: UserId, password_hash: str) -> None:
        await self.connection.execute(_REHASH, {"id_": user_id, "new_hash": password_hash})

    async def _give_roles(self, users: Sequence[User]) -> None:
        with refused_as(_USERS.refusals):
            await self.connection.execute_each(
                _GIVE_ROLES,
                [
                    {"user_id_": user.id, "names": sorted(user.roles)}
                    for user in users
                    if user.roles
                ],
            )


_TABLE = table_of(UserRow)
_ELSEWHERE = {"roles": ROLES, "permissions": granted_to(UserRow.id)}
_SHOWN: list[ColumnElement[object]] = [
    *(
        _TABLE.c[name]
        for name in (field.name for field in attrs.fields(UserView))
        if name not in _ELSEWHERE
    ),
    *(column.label(name) for name, column in _ELSEWHERE.items()),
]
_HAS_ROLE = exists().where(
    UserRoleRow.user_id == UserRow.id, UserRoleRow.role_name == bindparam("role")
)


def _view(record: Record) -> UserView:
    fields = dict(record.items())
    granted = (
        EVERY_PERMISSION if fields["is_superuser"] else known_permissions(fields["permissions"])
    )
    fields |= {"roles": tuple(fields["roles"]), "permissions": tuple(sorted(granted))}
    return UserView(**fields)


_LISTING = PostgresListing(
    table=_TABLE,
    columns=_SHOWN,
    conditions={**conditions_of(UserFilter, _TABLE, role=_HAS_ROLE), "live": _LIVE},
    tiebreak="id",
    view=_view,
)
_GET = compile_query(select(*_SHOWN).where(UserRow.id == bindparam("key_"), _LIVE))
_FIND = {
    (column, deleted): compile_query(
        select(*_SHOWN).where(
            getattr(UserRow, column) == bindparam("key_"),
            UserRow.deleted_at.is_not(None) if deleted else _LIVE,
        )
    )
    for column in ("id", "email_key", "username")
    for deleted in (False, True)
}


@attrs.frozen
class PostgresUserReader:
    database: Database

    async def get(self, user_id: UserId) -> UserView:
        record = await self.database.row(_GET, {"key_": user_id})
        if record is None:
            raise UserNotFound
        return _view(record)

    async def find(self, name: str) -> UserView | None:
        return await self._find(name, deleted=False)

    async def find_deleted(self, name: str) -> UserView | None:
        return await self._find(name, deleted=True)

    async def page(self, chosen: UserFilter, window: Window) -> Slice[UserView]:
        return await _LISTING.page(self.database, _filters(chosen), window)

    def stream(self, chosen: UserFilter) -> AsyncIterator[UserView]:
        return _LISTING.stream(self.database, _filters(chosen), (SortKey("created_at"),))

    async def _find(self, name: str, *, deleted: bool) -> UserView | None:
        # The id wins: anyone may call themselves by what looks like another's.
        for column, key in (_id_in(name), email_or_username_in(name)):
            if key is not None:
                record = await self.database.row(_FIND[column, deleted], {"key_": key})
                if record is not None:
                    return _view(record)
        return None


def _filters(chosen: UserFilter) -> dict[str, object]:
    return {**filters_of(chosen), "live": True}


def _id_in(name: str) -> tuple[str, UUID | None]:
    try:
        return "id", UUID(name)
    except ValueError:
        return "id", None


def email_or_username_in(name: str) -> tuple[str, str | None]:
    """By which column, and by what in it, a name finds its account; None where nobody can be
    called so."""
    try:
        if "@" in name:
            return "email_key", email_key(name)
        return "username", clean_username(name.strip())
    except Invalid:
        return "username", None
