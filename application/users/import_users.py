"""Bring in accounts from a file: all of them, or none where any row is bad."""

from collections.abc import Sequence

import attrs

from application.audit.security_log import SecurityLog
from application.clock import Clock, NewId
from application.rows import BadRow, ImportResult, ReportBadRow, Row, RowImport, Rows, begun
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from application.users.ports import PasswordHasher
from domain.access import MEMBER, Actor, Permission, RoleName, UserId
from domain.audit import SecurityEvent
from domain.errors import DomainError, Invalid
from domain.users import EmailTaken, User, UsernameTaken, username_from_email

FIELDS = frozenset({"email", "username", "full_name", "is_active", "roles", "password_hash"})
_BY_DEFAULT = frozenset({MEMBER})


@attrs.frozen(kw_only=True)
class ImportUsers:
    """Rows come without a password, to set one later, or with a bcrypt hash."""

    rows: Rows
    report: ReportBadRow


@attrs.frozen
class ImportUsersHandler:
    begin: BeginUnitOfWork
    hasher: PasswordHasher
    clock: Clock
    new_id: NewId
    security_log: SecurityLog

    async def __call__(self, command: ImportUsers, actor: Actor) -> ImportResult:
        actor.require(Permission.USERS_CREATE)
        rows = await begun(command.rows)
        async with self.begin() as uow:
            batch = _Batch(self, uow, actor)
            result = await RowImport(batch.build, batch.store, command.report).run(rows)
            if not result.is_refused:
                await self.security_log.note(
                    uow,
                    SecurityEvent.ACCOUNTS_IMPORTED,
                    actor,
                    details={"accounts": result.imported},
                )
                await uow.commit()
        return result


@attrs.define
class _Batch:
    handler: ImportUsersHandler
    uow: UnitOfWork
    actor: Actor
    unnamed: set[UserId] = attrs.field(factory=set)
    """Those whose username is made from their email, so that a clash is ours to solve."""
    grantable: set[frozenset[RoleName]] = attrs.field(factory=lambda: {_BY_DEFAULT})

    def build(self, row: Row) -> User:
        row.allow(FIELDS)
        email = row.text("email")
        username = row.optional_text("username")
        now = self.handler.clock.now()
        user = User(
            id=UserId(self.handler.new_id()),
            email=email,
            username=username or username_from_email(email),
            full_name=row.optional_text("full_name"),
            password_hash=self._password_hash(row),
            is_active=row.flag("is_active", default=True),
            roles=_roles(row),
            created_at=now,
            updated_at=now,
        )
        if username is None:
            self.unnamed.add(user.id)
        return user

    def _password_hash(self, row: Row) -> str | None:
        password_hash = row.optional_text("password_hash")
        if password_hash is not None and not self.handler.hasher.recognises(password_hash):
            raise Invalid.field("password_hash", "invalid_hash", "must be a bcrypt hash")
        return password_hash

    async def store(self, batch: Sequence[tuple[int, User]]) -> list[BadRow]:
        bad: list[BadRow] = []
        line_of: dict[UserId, int] = {}
        users: list[User] = []
        for line, user in batch:
            try:
                await self._must_be_grantable(user.roles)
            except DomainError as refusal:
                bad.append(BadRow.of(line, refusal))
            else:
                line_of[user.id] = line
                users.append(user)
        await self._name_the_unnamed(users)
        refused = await self.uow.users.add_many(users)
        taken = await self.uow.users.usernames_taken([user.username for user in refused])
        bad += [
            BadRow.of(line_of[user.id], UsernameTaken() if user.username in taken else EmailTaken())
            for user in refused
        ]
        return bad

    async def _must_be_grantable(self, roles: frozenset[RoleName]) -> None:
        if roles not in self.grantable:
            self.actor.require_all(await self.uow.roles.permissions_of(roles))
            self.grantable.add(roles)

    async def _name_the_unnamed(self, users: Sequence[User]) -> None:
        taken = set(await self.uow.users.usernames_taken([user.username for user in users]))
        taken.update(user.username for user in users if user.id not in self.unnamed)
        for user in users:
            if user.id in self.unnamed:
                if user.username in taken:
                    user.username = f"{user.username}-{user.id.hex[-8:]}"
                taken.add(user.username)
        self.unnamed.difference_update(user.id for user in users)


def _roles(row: Row) -> frozenset[RoleName]:
    names = row.names("roles")
    return _BY_DEFAULT if names is None else frozenset(map(RoleName, names))
