"""One transaction, and what it tells the others when it commits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Generic, TypeVar
from uuid import UUID

import asyncpg
import attrs

from adapters.postgres.access import PostgresRoleRepository
from adapters.postgres.access_changes import AccessChanges
from adapters.postgres.api_keys import PostgresApiKeyRepository
from adapters.postgres.attachments import PostgresAttachmentRepository
from adapters.postgres.audit import PostgresAuditChain, PostgresAuditTrail
from adapters.postgres.auth import PostgresRefreshTokenRepository, PostgresSessionRepository
from adapters.postgres.committed_events import CommittedEvents
from adapters.postgres.connection import Connection, Database, Transaction
from adapters.postgres.events import PostgresEventHistory, WrittenEvents
from adapters.postgres.idempotency import PostgresKeptAnswerRepository, begin_alone
from adapters.postgres.items import PostgresItemRepository
from adapters.postgres.jobs import PostgresJobRepository, PostgresOutbox
from adapters.postgres.one_time_tokens import PostgresOneTimeTokenRepository
from adapters.postgres.schedules import PostgresScheduleClaims
from adapters.postgres.tables import EVENT_TABLES
from adapters.postgres.totp import PostgresTotpRepository
from adapters.postgres.users import PostgresUserRepository
from domain.errors import Conflict, Unavailable
from domain.idempotency import AnswerId, IdempotencyKeyInUse

Uow = TypeVar("Uow", bound="PostgresUnitOfWork")


@attrs.frozen
class PostgresUnitOfWork:
    connection: Connection
    heard: Callable[[str], None]
    committed: CommittedEvents
    changes: AccessChanges = attrs.field(factory=AccessChanges, init=False)
    written_events: WrittenEvents = attrs.field(init=False)
    changed: set[UUID] = attrs.field(factory=set, init=False)
    """What is no longer as it may be kept somewhere."""

    @written_events.default
    def _none_yet(self) -> WrittenEvents:
        return WrittenEvents(self.committed.new_id)

    @property
    def users(self) -> PostgresUserRepository:
        return PostgresUserRepository(self.connection, self.changes)

    @property
    def roles(self) -> PostgresRoleRepository:
        return PostgresRoleRepository(self.connection, self.changes)

    @property
    def sessions(self) -> PostgresSessionRepository:
        return PostgresSessionRepository(self.connection, self.changes)

    @property
    def refresh_tokens(self) -> PostgresRefreshTokenRepository:
        return PostgresRefreshTokenRepository(self.connection)

    @property
    def one_time_tokens(self) -> PostgresOneTimeTokenRepository:
        return PostgresOneTimeTokenRepository(self.connection)

    @property
    def api_keys(self) -> PostgresApiKeyRepository:
        return PostgresApiKeyRepository(self.connection, self.changes)

    @property
    def totps(self) -> PostgresTotpRepository:
        return PostgresTotpRepository(self.connection)

    @property
    def items(self) -> PostgresItemRepository:
        return PostgresItemRepository(self.connection, self.written_events, self.changed)

    @property
    def attachments(self) -> PostgresAttachmentRepository:
        return PostgresAttachmentRepository(self.connection)

    @property
    def events(self) -> PostgresEventHistory:
        return PostgresEventHistory(self.connection, EVENT_TABLES)

    @property
    def audit(self) -> PostgresAuditTrail:
        return PostgresAuditTrail(self.connection)

    @property
    def audit_chain(self) -> PostgresAuditChain:
        return PostgresAuditChain(self.connection)

    @property
    def outbox(self) -> PostgresOutbox:
        return PostgresOutbox(self.connection)

    @property
    def jobs(self) -> PostgresJobRepository:
        return PostgresJobRepository(self.connection)

    @property
    def schedules(self) -> PostgresScheduleClaims:
        return PostgresScheduleClaims(self.connection)

    @property
    def kept_answers(self) -> PostgresKeptAnswerRepository:
        return PostgresKeptAnswerRepository(self.connection)

    async def commit(self) -> None:
        payload = self.changes.payload
        if payload:
            await self.changes.notify(self.connection)
        # The server answers ROLLBACK, and no error, where a statement had failed before.
        if await self.connection.command("COMMIT") != "COMMIT":
            raise Conflict("The transaction had failed before it was to be committed.")
        if payload:
            self.heard(payload)
        if self.written_events.kinds:
            self.committed.announce(self.written_events.kinds)


@attrs.frozen
class HeldPostgresUnitOfWork(PostgresUnitOfWork):
    _wish: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    @property
    def is_to_last(self) -> bool:
        return self._wish.is_set()

    async def commit(self) -> None:
        self._wish.set()

    async def settle(self) -> None:
        await super().commit()


@attrs.frozen
class BeginPostgresUnitOfWork:
    database: Database
    heard: Callable[[str], None]
    """Told of changed rights in this process at once; the others hear by NOTIFY."""
    committed: CommittedEvents

    def __call__(self) -> "Begun[PostgresUnitOfWork]":
        return Begun(self.database.transaction(), self._over(PostgresUnitOfWork))

    @asynccontextmanager
    async def held(self, answer_id: AnswerId) -> AsyncIterator[HeldPostgresUnitOfWork]:
        async with AsyncExitStack() as stack:
            transaction = self.database.transaction(begin_alone(answer_id))
            begun = Begun(transaction, self._over(HeldPostgresUnitOfWork))
            try:
                uow = await stack.enter_async_context(begun)
            except Unavailable as refusal:
                if isinstance(refusal.__cause__, asyncpg.LockNotAvailableError):
                    raise IdempotencyKeyInUse from refusal
                raise
            yield uow

    def _over(self, kind: type[Uow]) -> Callable[[Connection], Uow]:
        return lambda connection: kind(connection, self.heard, self.committed)


@attrs.define
class Begun(Generic[Uow]):
    """A transaction that shows itself as a unit of work."""

    transaction: Transaction
    over: Callable[[Connection], Uow]
    _uow: Uow | None = attrs.field(default=None, init=False)

    async def __aenter__(self) -> Uow:
        self._uow = self.over(await self.transaction.__aenter__())
        return self._uow

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self.transaction.__aexit__(kind, error, traceback)
        finally:
            # Once the replicas have it, or else what is read of one might be kept behind this. Also
            # where nobody knows whether it was committed: one drop too many does no harm.
            if self._uow is not None and self._uow.changed:
                await self._uow.committed.drop(self._uow.changed)
