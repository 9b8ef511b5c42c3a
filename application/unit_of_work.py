"""One use case, one transaction."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from application.access.ports import ApiKeyRepository, RoleRepository
from application.attachments.ports import AttachmentRepository
from application.audit.ports import AuditChain, AuditTrail
from application.auth.ports import (
    OneTimeTokenRepository,
    RefreshTokenRepository,
    SessionRepository,
    TotpRepository,
)
from application.events.ports import EventHistory
from application.idempotency.ports import KeptAnswerRepository
from application.items.ports import ItemRepository
from application.jobs.ports import JobRepository, Outbox, ScheduleClaims
from application.users.ports import UserRepository
from domain.idempotency import AnswerId


class UnitOfWork(Protocol):
    """One transaction on one connection. Leaving the block without `commit` undoes everything."""

    @property
    def users(self) -> UserRepository: ...
    @property
    def roles(self) -> RoleRepository: ...
    @property
    def sessions(self) -> SessionRepository: ...
    @property
    def refresh_tokens(self) -> RefreshTokenRepository: ...
    @property
    def one_time_tokens(self) -> OneTimeTokenRepository: ...
    @property
    def api_keys(self) -> ApiKeyRepository: ...
    @property
    def totps(self) -> TotpRepository: ...
    @property
    def items(self) -> ItemRepository: ...
    @property
    def attachments(self) -> AttachmentRepository: ...
    @property
    def events(self) -> EventHistory: ...
    @property
    def audit(self) -> AuditTrail: ...
    @property
    def audit_chain(self) -> AuditChain: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def jobs(self) -> JobRepository: ...
    @property
    def schedules(self) -> ScheduleClaims: ...
    @property
    def kept_answers(self) -> KeptAnswerRepository: ...

    async def commit(self) -> None:
        """Make it last. Once this returns, callers whose rights changed are judged by their new
        rights in this process, and within a second in every other."""
        ...


class BeginUnitOfWork(Protocol):
    def __call__(self) -> AbstractAsyncContextManager[UnitOfWork]: ...


class HeldUnitOfWork(UnitOfWork, Protocol):
    """One whose `commit` says what is wanted, so that whoever holds it can add to it and make all
    of it last."""

    @property
    def is_to_last(self) -> bool:
        """Whether `commit` was called."""
        ...

    async def settle(self) -> None:
        """Do what `commit` does elsewhere."""
        ...


class HoldUnitOfWork(Protocol):
    def held(self, answer_id: AnswerId) -> AbstractAsyncContextManager[HeldUnitOfWork]:
        """Raise `IdempotencyKeyInUse` while another is held for the same answer, in any process."""
        ...
