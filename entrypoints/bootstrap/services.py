"""Every use case, built over the adapters of its ports."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

import attrs
import punq

from application.access.ports import ApiKeyReader, ApiKeySecrets, RoleReader
from application.attachments.limits import AttachmentLimits
from application.attachments.ports import AttachmentReader
from application.audit.ports import AuditReader, AuditSigner, RefusalQuota
from application.auth.authenticate import EmailVerification
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
from application.blobs.ports import BlobStore
from application.clock import Clock, NewId, RandomBytes
from application.events.feed import Feed
from application.events.follow import Following
from application.events.ports import EventReader
from application.idempotency.ports import KeptAnswerReader
from application.items.ports import ItemReader
from application.items.views import ItemView
from application.jobs.ports import JobReader
from application.jobs.purge_jobs import JobRetention
from application.mail.ports import Mailer, MailTemplates
from application.mail.send_mail import AppUrl
from application.paging import Cursors
from application.throttling.ports import ThrottleCounters
from application.throttling.throttle import RateLimits
from application.transfers import TransferLimits
from application.unit_of_work import BeginUnitOfWork, HoldUnitOfWork
from application.users.own_data import OwnDataReader
from application.users.ports import PasswordHasher, PasswordStrength, UserReader
from application.users.purge_accounts import DeletionGrace
from application.users.register_user import SignUp
from domain.auth import SessionLifetime
from domain.one_time_tokens import TokenLifetime
from entrypoints.bootstrap.use_cases import HANDLERS, SHARED
from entrypoints.bootstrap.watching import UNWATCHED, Watch
from entrypoints.settings.schema import Settings

Service = TypeVar("Service")


@attrs.frozen
class Services:
    """Every handler, resolved once; a request pays for a dictionary look-up and nothing else."""

    _by_type: Mapping[type, object]

    def __getitem__(self, kind: type[Service]) -> Service:
        service = self._by_type[kind]
        if not isinstance(service, kind):
            raise TypeError(f"{kind.__name__} is wired to {type(service).__name__}")
        return service

    def feeds(self) -> list[Feed[object]]:
        """Of every kind of thing that can be followed."""
        return [each.feed for each in self._by_type.values() if isinstance(each, Following)]


@attrs.frozen(kw_only=True)
class Ports:
    """One adapter for each port. mypy holds each against its port here; punq takes anything."""

    begin: BeginUnitOfWork
    hold: HoldUnitOfWork
    kept_answers: KeptAnswerReader
    items: ItemReader
    item_events: EventReader[ItemView]
    attachments: AttachmentReader
    blobs: BlobStore
    users: UserReader
    roles: RoleReader
    api_keys: ApiKeyReader
    api_key_secrets: ApiKeySecrets
    sessions: SessionReader
    audit: AuditReader
    audit_signer: AuditSigner
    jobs: JobReader
    mailer: Mailer
    mail_templates: MailTemplates
    refusal_quota: RefusalQuota
    own_data: OwnDataReader
    credentials: CredentialsReader
    callers: CallerReader
    rights_changes: RightsChanges
    hasher: PasswordHasher
    strength: PasswordStrength
    access_tokens: AccessTokens
    refresh_secrets: RefreshSecrets
    one_time_token_secrets: OneTimeTokenSecrets
    mfa: MfaReader
    mfa_tokens: MfaTokens
    cipher: SecretCipher
    cursors: Cursors
    throttle_counters: ThrottleCounters
    clock: Clock
    new_id: NewId
    random_bytes: RandomBytes


def wire(ports: Ports, settings: Settings, watch: Watch = UNWATCHED) -> Services:
    """Build every handler over these adapters."""
    container = punq.Container()
    values: dict[type, object] = {
        AttachmentLimits: AttachmentLimits(
            one_file=settings.upload_max_bytes,
            all_of_one_owner=settings.storage_quota_bytes,
            duration=settings.upload_timeout,
            silence=settings.transfer_silence,
        ),
        AppUrl: AppUrl(settings.app_url),
        SignUp: SignUp(is_open=settings.registration_open),
        SessionLifetime: SessionLifetime(
            absolute=settings.session_absolute, idle=settings.session_idle
        ),
        DeletionGrace: DeletionGrace(settings.deletion_grace),
        RefreshReuseLeeway: RefreshReuseLeeway(settings.refresh_reuse_leeway),
        JobRetention: JobRetention(
            done=timedelta(days=settings.job_retention_days),
            dead=timedelta(days=settings.dead_job_retention_days),
        ),
        TokenLifetime: TokenLifetime(settings.mail_link_lifetime),
        RateLimits: settings.rate_limits,
        TransferLimits: settings.transfer_limits,
        EmailVerification: EmailVerification(settings.require_verified_email),
        TotpIssuer: TotpIssuer(settings.totp_issuer),
    }
    for port in attrs.fields(Ports):
        container.register(port.type, instance=getattr(ports, port.name))
    for service, instance in values.items():
        container.register(service, instance=instance)
    for shared in SHARED:
        container.register(shared, scope=punq.Scope.singleton)
    for handler in HANDLERS:
        container.register(handler, watch.use_case(handler), scope=punq.Scope.singleton)
    return Services({kind: container.resolve(kind) for kind in (*SHARED, *HANDLERS)})
