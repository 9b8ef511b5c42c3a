"""The use cases on adapters in memory: no input, no output, no waiting."""

from collections.abc import Mapping, Sequence
from typing import TypeVar, get_type_hints

import attrs
import punq

from adapters.memory.access import MemoryRoleReader
from adapters.memory.api_keys import MemoryApiKeyReader
from adapters.memory.attachments import MemoryAttachmentReader
from adapters.memory.audit import MemoryAuditReader, PlainAuditSigner
from adapters.memory.auth import (
    MemoryCallerReader,
    MemoryCredentialsReader,
    MemoryRightsChanges,
    MemorySessionReader,
)
from adapters.memory.blobs import MemoryBlobStore
from adapters.memory.clock import CountingBytes, CountingIds, FixedClock
from adapters.memory.events import MemoryEventReader
from adapters.memory.idempotency import MemoryKeptAnswerReader
from adapters.memory.items import MemoryItemReader
from adapters.memory.job_queue import MemoryJobQueue
from adapters.memory.jobs import MemoryJobReader
from adapters.memory.mail import MemoryMailer, PlainMailTemplates
from adapters.memory.own_data import MemoryOwnDataReader
from adapters.memory.refusals import InProcessRefusalQuota
from adapters.memory.security import (
    ListedPasswordStrength,
    PlainAccessTokens,
    PlainApiKeySecrets,
    PlainCursors,
    PlainMfaTokens,
    PlainOneTimeTokenSecrets,
    PlainPasswordHasher,
    PlainRefreshSecrets,
    PlainSecretCipher,
)
from adapters.memory.tables import Tables
from adapters.memory.throttling import MemoryThrottleCounters
from adapters.memory.totp import MemoryMfaReader
from adapters.memory.unit_of_work import MemoryDatabase
from adapters.memory.users import MemoryUserReader
from application.access.ports import ApiKeyReader, ApiKeySecrets, RoleReader
from application.attachments.limits import AttachmentLimits
from application.attachments.ports import AttachmentReader
from application.audit.ports import AuditReader, AuditSigner, RefusalQuota
from application.auth.authenticate import AuthenticateHandler, EmailVerification
from application.auth.login import Login, LoginHandler
from application.auth.ports import (
    AccessTokens,
    CallerReader,
    CredentialsReader,
    MfaReader,
    MfaTokens,
    OneTimeTokenSecrets,
    RefreshSecrets,
    RightsChanges,
    SecretCipher,
    SessionReader,
)
from application.auth.refresh import RefreshReuseLeeway
from application.auth.set_up_totp import TotpIssuer
from application.auth.views import IssuedTokens
from application.blobs.ports import BlobStore
from application.clock import Clock, NewId, RandomBytes
from application.events.ports import EventReader
from application.idempotency.ports import KeptAnswerReader
from application.items.follow_items import ITEM_EVENTS
from application.items.ports import ItemReader
from application.items.views import ItemView
from application.jobs.ports import JobReader
from application.jobs.purge_jobs import JobRetention
from application.mail.ports import Mailer, MailTemplates
from application.mail.send_mail import AppUrl
from application.paging import Cursors
from application.throttling.ports import ThrottleCounters
from application.throttling.throttle import RateLimits
from application.unit_of_work import BeginUnitOfWork, HoldUnitOfWork
from application.users.own_data import OwnDataReader
from application.users.ports import PasswordHasher, PasswordStrength, UserReader
from application.users.purge_accounts import DeletionGrace
from application.users.register_user import SignUp
from domain.access import ANONYMOUS, Actor
from domain.auth import Session, SessionLifetime
from domain.items import Item
from domain.one_time_tokens import TokenLifetime
from domain.passwords import Password
from domain.users import User
from entrypoints.bootstrap.use_cases import HANDLERS, SHARED
from tests.storing import store

Handler = TypeVar("Handler")

PARTS = {
    *SHARED,
    *(part for each in HANDLERS for part in get_type_hints(each).values() if part in HANDLERS),
}
"""What use cases are made of."""


@attrs.frozen
class Service:
    """Everything the handlers need, and a way to look behind them."""

    database: MemoryDatabase = attrs.field(factory=MemoryDatabase)
    clock: FixedClock = attrs.field(factory=FixedClock)
    mailer: MemoryMailer = attrs.field(factory=MemoryMailer)
    blobs: MemoryBlobStore = attrs.field(init=False)
    access_tokens: AccessTokens = attrs.field(init=False)
    container: punq.Container = attrs.field(factory=punq.Container)

    @blobs.default
    def _memory_blobs(self) -> MemoryBlobStore:
        return MemoryBlobStore(self.clock)

    @access_tokens.default
    def _plain_access_tokens(self) -> AccessTokens:
        return PlainAccessTokens(self.clock)

    def __attrs_post_init__(self) -> None:
        for port, adapter in self._adapters().items():
            self.use(port, adapter)
        for part in PARTS:
            self.container.register(part)

    def _adapters(self) -> Mapping[type, object]:
        return {
            BeginUnitOfWork: self.database,
            HoldUnitOfWork: self.database,
            KeptAnswerReader: MemoryKeptAnswerReader(self.database),
            UserReader: MemoryUserReader(self.database),
            RoleReader: MemoryRoleReader(self.database),
            ApiKeyReader: MemoryApiKeyReader(self.database),
            ApiKeySecrets: PlainApiKeySecrets(),
            SessionReader: MemorySessionReader(self.database),
            AuditReader: MemoryAuditReader(self.database),
            AuditSigner: PlainAuditSigner(),
            RefusalQuota: InProcessRefusalQuota(),
            OwnDataReader: MemoryOwnDataReader(self.database),
            CredentialsReader: MemoryCredentialsReader(self.database),
            CallerReader: self.callers,
            RightsChanges: MemoryRightsChanges(self.database),
            EventReader[ItemView]: MemoryEventReader(ITEM_EVENTS, self.database),
            ItemReader: MemoryItemReader(self.database),
            AttachmentReader: MemoryAttachmentReader(self.database),
            BlobStore: self.blobs,
            AttachmentLimits: AttachmentLimits(),
            JobReader: MemoryJobReader(self.database),
            JobRetention: JobRetention(),
            Mailer: self.mailer,
            MailTemplates: PlainMailTemplates(),
            AppUrl: AppUrl("https://app.example.com"),
            PasswordHasher: PlainPasswordHasher(),
            PasswordStrength: ListedPasswordStrength(),
            AccessTokens: self.access_tokens,
            RefreshSecrets: PlainRefreshSecrets(),
            OneTimeTokenSecrets: PlainOneTimeTokenSecrets(),
            MfaReader: MemoryMfaReader(self.database),
            MfaTokens: PlainMfaTokens(),
            SecretCipher: PlainSecretCipher(),
            Cursors: PlainCursors(),
            Clock: self.clock,
            NewId: CountingIds(),
            RandomBytes: CountingBytes(),
            SignUp: SignUp(),
            SessionLifetime: SessionLifetime(),
            DeletionGrace: DeletionGrace(),
            RefreshReuseLeeway: RefreshReuseLeeway(),
            TokenLifetime: TokenLifetime(),
            ThrottleCounters: MemoryThrottleCounters(),
            RateLimits: RateLimits(),
            EmailVerification: EmailVerification(),
            TotpIssuer: TotpIssuer(),
        }

    def use(self, port: type, adapter: object) -> None:
        """Put an adapter, or a setting, in the place of the one that was there."""
        self.container.register(port, instance=adapter)

    def __getitem__(self, handler: type[Handler]) -> Handler:
        resolved = self.container.instantiate(handler)
        assert isinstance(resolved, handler)
        return resolved

    @property
    def stored(self) -> Tables:
        """What is committed."""
        return self.database.tables

    async def add(self, *entities: object) -> None:
        await store(self.database, *entities)

    async def sign_in(self, user: User) -> IssuedTokens:
        """With the password that built users have."""
        login = Login(name=user.username, password=Password("correct horse"))
        return await self[LoginHandler](login, ANONYMOUS)

    @property
    def job_queue(self) -> MemoryJobQueue:
        return MemoryJobQueue(self.database)

    @property
    def callers(self) -> CallerReader:
        return MemoryCallerReader(self.database)

    async def actor(self, tokens: IssuedTokens) -> Actor:
        return await self[AuthenticateHandler](tokens.access_token)

    def user(self, user: User) -> User:
        stored = self.stored.users.find(user.id)
        assert stored is not None
        return stored

    def item(self, item: Item) -> Item:
        stored = self.stored.items.find(item.id)
        assert stored is not None
        return stored

    def live_sessions_of(self, user: User) -> Sequence[Session]:
        return [
            session
            for session in self.stored.sessions.scan()
            if session.user_id == user.id and session.revoked_at is None
        ]
