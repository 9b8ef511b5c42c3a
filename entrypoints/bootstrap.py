"""The composition root: the only place where a port meets its adapter."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Never, TypeVar

import attrs
import punq

from adapters.mail.kept import KeptMailer
from adapters.mail.message import Sender
from adapters.mail.smtp import SmtpMailer, SmtpSettings
from adapters.mail.templates import JinjaMailTemplates
from adapters.memory.refusals import InProcessRefusalQuota
from adapters.postgres.access import PostgresRoleReader
from adapters.postgres.access_changes import CHANNEL as ACCESS_CHANNEL
from adapters.postgres.api_keys import PostgresApiKeyReader
from adapters.postgres.audit import PostgresAuditReader
from adapters.postgres.auth import (
    PostgresCallerReader,
    PostgresCredentialsReader,
    PostgresSessionReader,
)
from adapters.postgres.callers import RememberedCallers
from adapters.postgres.connection import Database, PoolSettings, open_database
from adapters.postgres.item_events import CHANNEL as ITEM_EVENTS_CHANNEL
from adapters.postgres.item_events import PostgresItemEventReader, PostgresItemEvents
from adapters.postgres.items import PostgresItemReader
from adapters.postgres.jobs import CHANNEL as JOBS_CHANNEL
from adapters.postgres.jobs import PostgresJobReader, PostgresJobSignal
from adapters.postgres.listening import listening
from adapters.postgres.own_data import PostgresOwnDataReader
from adapters.postgres.replicas import ReplicaSettings, with_replicas
from adapters.postgres.revision import newest_revision, revision_of
from adapters.postgres.throttling import PostgresThrottleCounters
from adapters.postgres.totp import PostgresMfaReader
from adapters.postgres.unit_of_work import BeginPostgresUnitOfWork
from adapters.postgres.users import PostgresUserReader
from adapters.security.access_tokens import JwtAccessTokens
from adapters.security.api_keys import Base62ApiKeySecrets
from adapters.security.audit import HmacAuditSigner
from adapters.security.clock import SystemClock
from adapters.security.cursors import SignedCursors
from adapters.security.encryption import AesGcmSecretCipher
from adapters.security.identifiers import Uuid7Factory
from adapters.security.jitter import SystemJitter
from adapters.security.keys import derive_key, load_or_create_secret
from adapters.security.mfa_tokens import HmacMfaTokens
from adapters.security.one_time_tokens import HmacOneTimeTokenSecrets
from adapters.security.passwords import BcryptPasswordHasher
from adapters.security.randomness import SystemRandomBytes
from adapters.security.refresh_secrets import HmacRefreshSecrets
from adapters.security.strength import ZxcvbnPasswordStrength
from adapters.security.threads import BoundedThreads, usable_cores
from application.access.create_api_key import CreateApiKeyHandler
from application.access.create_role import CreateRoleHandler
from application.access.delete_role import DeleteRoleHandler
from application.access.explain_access import ExplainAccessHandler
from application.access.find_api_key import FindApiKeyHandler
from application.access.get_role import GetRoleHandler
from application.access.list_api_keys import ListApiKeysHandler
from application.access.list_roles import ListRolesHandler
from application.access.ports import ApiKeyReader, ApiKeySecrets, RoleReader
from application.access.revoke_api_key import RevokeApiKeyHandler
from application.access.update_role import UpdateRoleHandler
from application.audit.list_audit import ListAuditHandler
from application.audit.list_security_events import ListSecurityEventsHandler
from application.audit.ports import AuditReader, AuditSigner, RefusalQuota
from application.audit.record_refusal import RecordRefusalHandler
from application.audit.seal_audit import SealAuditHandler
from application.audit.security_log import SecurityLog
from application.audit.verify_audit import VerifyAuditHandler
from application.auth.authenticate import AuthenticateHandler, EmailVerification
from application.auth.complete_sign_in import CompleteSignIn
from application.auth.confirm_identity import ConfirmIdentity
from application.auth.confirm_totp import ConfirmTotpHandler
from application.auth.get_mfa import GetMfaHandler
from application.auth.introspect_token import IntrospectTokenHandler
from application.auth.list_sessions import ListSessionsHandler
from application.auth.login import LoginHandler
from application.auth.login_mfa import LoginMfaHandler
from application.auth.logout import LogoutHandler
from application.auth.logout_all import LogoutAllHandler
from application.auth.mail_password_reset import MailPasswordResetHandler
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
from application.auth.refresh import RefreshHandler, RefreshReuseLeeway
from application.auth.refused_sign_in import NoteRefusedSignIn
from application.auth.renew_recovery_codes import RenewRecoveryCodesHandler
from application.auth.report_not_me import ReportNotMeHandler
from application.auth.request_password_reset import RequestPasswordResetHandler
from application.auth.request_verification import RequestVerificationHandler
from application.auth.reset_password import ResetPasswordHandler
from application.auth.reset_totp import ResetTotpHandler
from application.auth.revoke_session import RevokeSessionHandler
from application.auth.revoke_token import RevokeTokenHandler
from application.auth.rotate_data_key import RotateDataKeyHandler
from application.auth.second_factor import SecondFactor
from application.auth.set_up_totp import SetUpTotpHandler, TotpIssuer
from application.auth.sweep_one_time_tokens import SweepOneTimeTokensHandler
from application.auth.turn_off_totp import TurnOffTotpHandler
from application.auth.verify_email import VerifyEmailHandler
from application.clock import Clock, NewId, RandomBytes
from application.items.create_item import CreateItemHandler
from application.items.delete_item import DeleteItemHandler
from application.items.export_items import ExportItemsHandler
from application.items.follow_items import FollowItemsHandler
from application.items.get_item import GetItemHandler
from application.items.import_items import ImportItemsHandler
from application.items.item_feed import ItemFeed
from application.items.list_items import ListItemsHandler
from application.items.ports import ItemEventReader, ItemEventSignal, ItemReader
from application.items.restore_item import RestoreItemHandler
from application.items.sweep_item_events import SweepItemEventsHandler
from application.items.update_item import UpdateItemHandler
from application.jobs.discard_job import DiscardJobHandler
from application.jobs.get_job import GetJobHandler
from application.jobs.job_statistics import JobStatisticsHandler
from application.jobs.list_jobs import ListJobsHandler
from application.jobs.ports import JobReader, JobSignal
from application.jobs.purge_jobs import JobRetention, PurgeJobsHandler
from application.jobs.retry_job import RetryJobHandler
from application.mail.account_mail import AccountMail
from application.mail.ports import Mailer, MailTemplates
from application.mail.send_mail import AppUrl, SendMailHandler
from application.paging import Cursors
from application.throttling.ports import ThrottleCounters
from application.throttling.request_limit import RequestLimit
from application.throttling.sweep_throttles import SweepThrottlesHandler
from application.throttling.throttle import RateLimits, Throttle
from application.unit_of_work import BeginUnitOfWork
from application.users.assign_roles import AssignRolesHandler
from application.users.change_password import ChangePasswordHandler
from application.users.delete_own_account import DeleteOwnAccountHandler
from application.users.delete_user import DeleteUserHandler
from application.users.export_users import ExportUsersHandler
from application.users.find_user import FindUserHandler
from application.users.get_user import GetUserHandler
from application.users.import_users import ImportUsersHandler
from application.users.list_users import ListUsersHandler
from application.users.make_first_superuser import MakeFirstSuperuserHandler
from application.users.own_data import ExportOwnDataHandler, OwnDataReader
from application.users.ports import PasswordHasher, PasswordStrength, UserReader
from application.users.purge_accounts import DeletionGrace, PurgeAccountsHandler
from application.users.register_user import RegisterUserHandler, SignUp
from application.users.request_email_change import RequestEmailChangeHandler
from application.users.restore_user import RestoreUserHandler
from application.users.send_password_reset import SendPasswordResetHandler
from application.users.set_password import SetPasswordHandler
from application.users.update_user import UpdateUserHandler
from application.users.vouch_for_email import VouchForEmailHandler
from domain.auth import SessionLifetime
from domain.errors import Unavailable
from domain.one_time_tokens import TokenLifetime
from entrypoints.settings import Settings
from entrypoints.signing_keys import signing_keys

# Seconds. Whoever sends requests here has to hear of it before they have waited long.
_CHECK_TIMEOUT = 1.5

HANDLERS: tuple[type, ...] = (
    AuthenticateHandler,
    LoginHandler,
    LoginMfaHandler,
    GetMfaHandler,
    SetUpTotpHandler,
    ConfirmTotpHandler,
    RenewRecoveryCodesHandler,
    TurnOffTotpHandler,
    ResetTotpHandler,
    RotateDataKeyHandler,
    RefreshHandler,
    IntrospectTokenHandler,
    RevokeTokenHandler,
    LogoutHandler,
    LogoutAllHandler,
    ListSessionsHandler,
    RevokeSessionHandler,
    RequestPasswordResetHandler,
    MailPasswordResetHandler,
    ResetPasswordHandler,
    RequestVerificationHandler,
    VerifyEmailHandler,
    ReportNotMeHandler,
    SweepOneTimeTokensHandler,
    RegisterUserHandler,
    MakeFirstSuperuserHandler,
    GetUserHandler,
    FindUserHandler,
    ListUsersHandler,
    ExportUsersHandler,
    ImportUsersHandler,
    UpdateUserHandler,
    AssignRolesHandler,
    ChangePasswordHandler,
    SetPasswordHandler,
    SendPasswordResetHandler,
    RequestEmailChangeHandler,
    VouchForEmailHandler,
    DeleteOwnAccountHandler,
    DeleteUserHandler,
    RestoreUserHandler,
    PurgeAccountsHandler,
    ExportOwnDataHandler,
    CreateRoleHandler,
    GetRoleHandler,
    ListRolesHandler,
    UpdateRoleHandler,
    DeleteRoleHandler,
    CreateApiKeyHandler,
    ListApiKeysHandler,
    FindApiKeyHandler,
    RevokeApiKeyHandler,
    ExplainAccessHandler,
    ListAuditHandler,
    ListSecurityEventsHandler,
    RecordRefusalHandler,
    SealAuditHandler,
    VerifyAuditHandler,
    CreateItemHandler,
    GetItemHandler,
    ListItemsHandler,
    ExportItemsHandler,
    ImportItemsHandler,
    UpdateItemHandler,
    DeleteItemHandler,
    RestoreItemHandler,
    FollowItemsHandler,
    SweepItemEventsHandler,
    ListJobsHandler,
    JobStatisticsHandler,
    GetJobHandler,
    RetryJobHandler,
    DiscardJobHandler,
    PurgeJobsHandler,
    SendMailHandler,
    SweepThrottlesHandler,
)

SHARED: tuple[type, ...] = (
    AccountMail,
    SecurityLog,
    Throttle,
    RequestLimit,
    ConfirmIdentity,
    NoteRefusedSignIn,
    CompleteSignIn,
    SecondFactor,
    ItemFeed,
)
"""What several use cases are made of."""

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


@attrs.frozen(kw_only=True)
class Ports:
    """One adapter for each port. mypy holds each against its port here; punq takes anything."""

    begin: BeginUnitOfWork
    items: ItemReader
    item_events: ItemEventReader
    item_event_signal: ItemEventSignal
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


def wire(ports: Ports, settings: Settings) -> Services:
    """Build every handler over these adapters."""
    container = punq.Container()
    values: dict[type, object] = {
        BeginUnitOfWork: ports.begin,
        ItemReader: ports.items,
        ItemEventReader: ports.item_events,
        ItemEventSignal: ports.item_event_signal,
        UserReader: ports.users,
        RoleReader: ports.roles,
        ApiKeyReader: ports.api_keys,
        ApiKeySecrets: ports.api_key_secrets,
        SessionReader: ports.sessions,
        AuditReader: ports.audit,
        AuditSigner: ports.audit_signer,
        JobReader: ports.jobs,
        Mailer: ports.mailer,
        MailTemplates: ports.mail_templates,
        AppUrl: AppUrl(settings.app_url),
        RefusalQuota: ports.refusal_quota,
        OwnDataReader: ports.own_data,
        CredentialsReader: ports.credentials,
        CallerReader: ports.callers,
        RightsChanges: ports.rights_changes,
        PasswordHasher: ports.hasher,
        PasswordStrength: ports.strength,
        AccessTokens: ports.access_tokens,
        RefreshSecrets: ports.refresh_secrets,
        OneTimeTokenSecrets: ports.one_time_token_secrets,
        MfaReader: ports.mfa,
        MfaTokens: ports.mfa_tokens,
        SecretCipher: ports.cipher,
        Cursors: ports.cursors,
        ThrottleCounters: ports.throttle_counters,
        Clock: ports.clock,
        NewId: ports.new_id,
        RandomBytes: ports.random_bytes,
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
        EmailVerification: EmailVerification(settings.require_verified_email),
        TotpIssuer: TotpIssuer(settings.totp_issuer),
    }
    for service, instance in values.items():
        container.register(service, instance=instance)
    for shared in (*SHARED, *HANDLERS):
        container.register(shared, scope=punq.Scope.singleton)
    return Services({kind: container.resolve(kind) for kind in (*SHARED, *HANDLERS)})


def pool_settings(settings: Settings) -> PoolSettings:
    return PoolSettings(
        size=settings.database_pool_size,
        queue=settings.database_queue_size,
        patience=settings.database_statement_timeout,
        connect_timeout=settings.database_connect_timeout,
        statement_timeout=settings.database_statement_timeout,
        lock_timeout=settings.database_lock_timeout,
    )


def replica_settings(settings: Settings) -> ReplicaSettings:
    return ReplicaSettings(
        urls=settings.database_replica_urls,
        longest_lag=settings.database_replica_max_lag_seconds,
    )


@attrs.frozen(kw_only=True)
class Tessera:
    """The running inside of the service."""

    services: Services
    ports: Ports
    job_signal: JobSignal
    database: Database
    replicated: Database
    """The same, with its replicas, if it has any, for the reads that decide nothing."""
    newest_revision: str
    issuer: str
    """Who access tokens say they are from: the service's public URL."""
    published_keys: list[Mapping[str, str]]
    """By which others verify access tokens (RFC 7517)."""

    async def checks(self) -> dict[str, str]:
        """What the service stands on, each `ok` or what is wrong with it; no secrets."""
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT):
                revision = await revision_of(self.database)
        except Unavailable as error:
            return {"database": error.detail, "migrations": "unknown"}
        except TimeoutError:
            return {"database": "The database does not answer.", "migrations": "unknown"}
        current = revision == self.newest_revision
        return {"database": "ok", "migrations": "ok" if current else "missing"}


@asynccontextmanager
async def running(settings: Settings, dsn: str) -> AsyncIterator[Tessera]:
    """Open what the service stands on, and close it again. Raise `Unavailable` where the
    database can't be reached."""
    secret = secret_of(settings).encode()
    clock: Clock = SystemClock()
    new_id: NewId = Uuid7Factory()
    hasher = BcryptPasswordHasher(
        cost=settings.bcrypt_cost,
        threads=BoundedThreads("bcrypt", usable_cores(), settings.hashing_queue_size),
    )
    strength = ZxcvbnPasswordStrength()
    keys = signing_keys(settings, secret)
    pool = pool_settings(settings)
    async with (
        open_database(dsn, pool) as database,
        with_replicas(database, dsn, replica_settings(settings), pool) as replicated,
    ):
        callers = RememberedCallers(PostgresCallerReader(database), clock)
        job_signal = PostgresJobSignal()
        item_events = PostgresItemEvents(new_id)
        ports = Ports(
            begin=BeginPostgresUnitOfWork(replicated, callers.hear, item_events),
            items=PostgresItemReader(replicated),
            item_events=PostgresItemEventReader(database),
            item_event_signal=item_events,
            users=PostgresUserReader(replicated),
            roles=PostgresRoleReader(replicated),
            api_keys=PostgresApiKeyReader(replicated),
            api_key_secrets=Base62ApiKeySecrets(),
            sessions=PostgresSessionReader(replicated),
            audit=PostgresAuditReader(replicated),
            audit_signer=HmacAuditSigner([secret, *older_secrets(settings)]),
            jobs=PostgresJobReader(replicated),
            mailer=mailer_of(settings),
            mail_templates=JinjaMailTemplates(
                app_url=settings.app_url, link_minutes=settings.mail_link_minutes
            ),
            refusal_quota=InProcessRefusalQuota(),
            own_data=PostgresOwnDataReader(replicated),
            credentials=PostgresCredentialsReader(database),
            callers=callers,
            rights_changes=callers,
            hasher=hasher,
            strength=strength,
            access_tokens=JwtAccessTokens(
                keys=keys,
                clock=clock,
                new_id=new_id,
                issuer=settings.base_url,
                audience=settings.base_url,
                lifetime=timedelta(minutes=settings.access_token_expire_minutes),
            ),
            refresh_secrets=HmacRefreshSecrets(secret),
            one_time_token_secrets=HmacOneTimeTokenSecrets(secret, older_secrets(settings)),
            mfa=PostgresMfaReader(replicated),
            mfa_tokens=HmacMfaTokens(secret),
            cipher=AesGcmSecretCipher(data_secrets(settings, secret)),
            cursors=SignedCursors(secret),
            throttle_counters=PostgresThrottleCounters(
                database, derive_key(secret, "throttles/v1")
            ),
            clock=clock,
            new_id=new_id,
            random_bytes=SystemRandomBytes(),
        )
        try:
            services = wire(ports, settings)
            async with (
                listening(
                    dsn,
                    {
                        ACCESS_CHANNEL: callers,
                        JOBS_CHANNEL: job_signal,
                        ITEM_EVENTS_CHANNEL: item_events,
                    },
                    connect_timeout=settings.database_connect_timeout,
                    jitter=SystemJitter(),
                ),
                in_background(services[RequestLimit].keep_sharing(every=1.0)),
                in_background(item_events.keep_telling(database, every=0.02)),
                in_background(services[ItemFeed].keep_reading()),
                in_background(services[ItemFeed].keep_watching_rights()),
            ):
                yield Tessera(
                    services=services,
                    ports=ports,
                    job_signal=job_signal,
                    database=database,
                    replicated=replicated,
                    newest_revision=newest_revision(),
                    issuer=settings.base_url,
                    published_keys=keys.published,
                )
        finally:
            await hasher.aclose()
            await strength.aclose()


def mailer_of(settings: Settings) -> Mailer:
    return smtp_mailer_of(settings) or KeptMailer(
        Sender.parse(settings.mail_from), settings.kept_mail
    )


def smtp_mailer_of(settings: Settings) -> SmtpMailer | None:
    """None where no mail server is configured."""
    if settings.smtp_host is None:
        return None
    password = settings.smtp_password
    smtp = SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=None if password is None else password.get_secret_value(),
        starttls=settings.smtp_starttls,
        tls=settings.smtp_tls,
    )
    return SmtpMailer(Sender.parse(settings.mail_from), smtp)


@asynccontextmanager
async def in_background(work: Coroutine[None, None, Never]) -> AsyncIterator[None]:
    """For as long as the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def secret_of(settings: Settings) -> str:
    """The configured secret, or in development the one that is kept beside the data."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return load_or_create_secret(settings.data_dir / "secret_key")


def older_secrets(settings: Settings) -> list[bytes]:
    """Those that nothing is made by any more, and what they made is still good."""
    previous = settings.secret_key_previous
    return [] if previous is None else [previous.get_secret_value().encode()]


def data_secrets(settings: Settings, secret: bytes) -> list[bytes]:
    """What secrets are encrypted with. The server's own come last, so that what they encrypted
    can be read until it has been encrypted anew."""
    listed = [each.get_secret_value().encode() for each in settings.data_encryption_keys]
    return [*listed, secret, *older_secrets(settings)]
