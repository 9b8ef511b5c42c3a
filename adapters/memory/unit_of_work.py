"""A database in memory: one transaction at a time, all of it or nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from adapters.memory.access import MemoryRoleRepository
from adapters.memory.api_keys import MemoryApiKeyRepository
from adapters.memory.attachments import MemoryAttachmentRepository
from adapters.memory.audit import MemoryAuditChain, MemoryAuditTrail
from adapters.memory.auth import MemoryRefreshTokenRepository, MemorySessionRepository
from adapters.memory.events import MemoryEventHistory
from adapters.memory.idempotency import MemoryKeptAnswerRepository
from adapters.memory.items import MemoryItemRepository
from adapters.memory.jobs import (
    MemoryJobRepository,
    MemoryJobSignal,
    MemoryOutbox,
    MemoryScheduleClaims,
)
from adapters.memory.one_time_tokens import MemoryOneTimeTokenRepository
from adapters.memory.tables import Tables
from adapters.memory.totp import MemoryTotpRepository
from adapters.memory.users import MemoryUserRepository
from domain.idempotency import AnswerId, IdempotencyKeyInUse


@attrs.define
class MemoryDatabase:
    """Begins units of work. Each waits for the one before it to end, which is as good as a lock
    on every row it touches."""

    tables: Tables = attrs.field(factory=Tables)
    """The committed state."""
    job_signal: MemoryJobSignal = attrs.field(factory=MemoryJobSignal)
    commits: int = 0
    _committed: asyncio.Event = attrs.field(factory=asyncio.Event)
    """Another one after each commit."""
    _transaction: asyncio.Lock = attrs.field(factory=asyncio.Lock)
    _held: set[AnswerId] = attrs.field(factory=set)

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator["MemoryUnitOfWork"]:
        async with self._transaction:
            yield MemoryUnitOfWork(self, self.tables.snapshot())

    @asynccontextmanager
    async def held(self, answer_id: AnswerId) -> AsyncIterator["HeldMemoryUnitOfWork"]:
        if answer_id in self._held:
            raise IdempotencyKeyInUse
        self._held.add(answer_id)
        try:
            async with self._transaction:
                yield HeldMemoryUnitOfWork(self, self.tables.snapshot())
        finally:
            self._held.discard(answer_id)

    def publish(self, tables: Tables) -> None:
        self.tables = tables
        self.commits += 1
        self.job_signal.set_off()
        self._committed.set()
        self._committed = asyncio.Event()

    async def commits_after(self, heard: int) -> int:
        while self.commits == heard:
            await self._committed.wait()
        return self.commits

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Tables]:
        """What is changed in the block is committed at its end."""
        async with self._transaction:
            tables = self.tables.snapshot()
            yield tables
            self.tables = tables


@attrs.frozen
class MemoryUnitOfWork:
    _database: MemoryDatabase
    _tables: Tables

    @property
    def users(self) -> MemoryUserRepository:
        return MemoryUserRepository(self._tables)

    @property
    def roles(self) -> MemoryRoleRepository:
        return MemoryRoleRepository(self._tables)

    @property
    def sessions(self) -> MemorySessionRepository:
        return MemorySessionRepository(self._tables)

    @property
    def refresh_tokens(self) -> MemoryRefreshTokenRepository:
        return MemoryRefreshTokenRepository(self._tables)

    @property
    def one_time_tokens(self) -> MemoryOneTimeTokenRepository:
        return MemoryOneTimeTokenRepository(self._tables)

    @property
    def api_keys(self) -> MemoryApiKeyRepository:
        return MemoryApiKeyRepository(self._tables)

    @property
    def totps(self) -> MemoryTotpRepository:
        return MemoryTotpRepository(self._tables)

    @property
    def items(self) -> MemoryItemRepository:
        return MemoryItemRepository(self._tables)

    @property
    def attachments(self) -> MemoryAttachmentRepository:
        return MemoryAttachmentRepository(self._tables)

    @property
    def events(self) -> MemoryEventHistory:
        return MemoryEventHistory(self._tables)

    @property
    def audit(self) -> MemoryAuditTrail:
        return MemoryAuditTrail(self._tables)

    @property
    def audit_chain(self) -> MemoryAuditChain:
        return MemoryAuditChain(self._tables)

    @property
    def outbox(self) -> MemoryOutbox:
        return MemoryOutbox(self._tables)

    @property
    def jobs(self) -> MemoryJobRepository:
        return MemoryJobRepository(self._tables)

    @property
    def schedules(self) -> MemoryScheduleClaims:
        return MemoryScheduleClaims(self._tables)

    @property
    def kept_answers(self) -> MemoryKeptAnswerRepository:
        return MemoryKeptAnswerRepository(self._tables)

    async def commit(self) -> None:
        self._database.publish(self._tables.snapshot())


@attrs.frozen
class HeldMemoryUnitOfWork(MemoryUnitOfWork):
    _wish: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    @property
    def is_to_last(self) -> bool:
        return self._wish.is_set()

    async def commit(self) -> None:
        self._wish.set()

    async def settle(self) -> None:
        await super().commit()
