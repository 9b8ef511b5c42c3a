"""The composition root: the only place where a port meets its adapter."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

import attrs
import punq

from adapters.memory.refusals import InProcessRefusalQuota
from adapters.postgres.access import PostgresRoleReader
from adapters.postgres.audit import PostgresAuditReader
from adapters.postgres.auth import PostgresCallerReader, PostgresSessionReader
from adapters.postgres.callers import RememberedCallers, listening_for_changes
from adapters.postgres.connection import Database, PoolSettings, open_database
from adapters.postgres.items import PostgresItemReader
from adapters.postgres.replicas import ReplicaSettings, with_replicas
from adapters.postgres.revision import newest_revision, revision_of
from adapters.postgres.unit_of_work import BeginPostgresUnitOfWork
from adapters.postgres.users import PostgresCredentialsReader, PostgresUserReader
from adapters.security.access_tokens import JwtAccessTokens
from adapters.security.audit import HmacAuditSigner
from adapters.security.clock import SystemClock
from adapters.security.cursors import SignedCursors
from adapters.security.identifiers import Uuid7Factory
from adapters.security.keys import load_or_create_secret
from adapters.security.passwords import BcryptPasswordHasher
from adapters.security.refresh_secrets import HmacRefreshSecrets
from adapters.security.strength import ZxcvbnPasswordStrength
from adapters.security.threads import BoundedThreads, usable_cores
from application.access.create_role import CreateRoleHandler
from application.access.delete_role import DeleteRoleHandler
from application.access.get_role import GetRoleHandler
from application.access.list_roles import ListRolesHandler
from application.access.ports import RoleReader
from application.access.update_role import UpdateRoleHandler
from application.audit.list_audit import ListAuditHandler
from application.audit.list_security_events import ListSecurityEventsHandler
from application.audit.ports import AuditReader, AuditSigner, RefusalQuota
from application.audit.record_refusal import RecordRefusalHandler
from application.audit.seal_audit import SealAuditHandler
from application.audit.security_log import SecurityLog
from application.audit.verify_audit import VerifyAuditHandler
from application.auth.authenticate import AuthenticateHandler
from application.auth.confirm_identity import ConfirmIdentity
from application.auth.introspect_token import IntrospectTokenHandler
from application.auth.list_sessions import ListSessionsHandler
from application.auth.login import LoginHandler
from application.auth.logout import LogoutHandler
from application.auth.logout_all import LogoutAllHandler
from application.auth.ports import (
    AccessTokens,
    CallerReader,
    CredentialsReader,
    RefreshSecrets,
    SessionReader,
)
from application.auth.refresh import RefreshHandler, RefreshReuseLeeway
from application.auth.revoke_session import RevokeSessionHandler
from application.auth.revoke_token import RevokeTokenHandler
from application.clock import Clock, NewId
from application.items.create_item import CreateItemHandler
from application.items.delete_item import DeleteItemHandler
from application.items.export_items import ExportItemsHandler
from application.items.get_item import GetItemHandler
from application.items.import_items import ImportItemsHandler
from application.items.list_items import ListItemsHandler
from application.items.ports import ItemReader
from application.items.restore_item import RestoreItemHandler
from application.items.update_item import UpdateItemHandler
from application.paging import Cursors
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
from application.users.ports import PasswordHasher, PasswordStrength, UserReader
from application.users.register_user import RegisterUserHandler, SignUp
from application.users.restore_user import RestoreUserHandler
from application.users.set_password import SetPasswordHandler
from application.users.update_user import UpdateUserHandler
from domain.auth import SessionLifetime
from domain.errors import Unavailable
from entrypoints.settings import Settings
from entrypoints.signing_keys import signing_keys

HANDLERS: tuple[type, ...] = (
    AuthenticateHandler,
    LoginHandler,
    RefreshHandler,
    IntrospectTokenHandler,
    RevokeTokenHandler,
    LogoutHandler,
    LogoutAllHandler,
    ListSessionsHandler,
    RevokeSessionHandler,
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
    DeleteOwnAccountHandler,
    DeleteUserHandler,
    RestoreUserHandler,
    CreateRoleHandler,
    GetRoleHandler,
    ListRolesHandler,
    UpdateRoleHandler,
    DeleteRoleHandler,
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
)

SHARED: tuple[type, ...] = (SecurityLog, ConfirmIdentity)
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
    users: UserReader
    roles: RoleReader
    sessions: SessionReader
    audit: AuditReader
    audit_signer: AuditSigner
    refusal_quota: RefusalQuota
    credentials: CredentialsReader
    callers: CallerReader
    hasher: PasswordHasher
    strength: PasswordStrength
    access_tokens: AccessTokens
    refresh_secrets: RefreshSecrets
    cursors: Cursors
    clock: Clock
    new_id: NewId


def wire(ports: Ports, settings: Settings) -> Services:
    """Build every handler over these adapters."""
    container = punq.Container()
    values: dict[type, object] = {
        BeginUnitOfWork: ports.begin,
        ItemReader: ports.items,
        UserReader: ports.users,
        RoleReader: ports.roles,
        SessionReader: ports.sessions,
        AuditReader: ports.audit,
        AuditSigner: ports.audit_signer,
        RefusalQuota: ports.refusal_quota,
        CredentialsReader: ports.credentials,
        CallerReader: ports.callers,
        PasswordHasher: ports.hasher,
        PasswordStrength: ports.strength,
        AccessTokens: ports.access_tokens,
        RefreshSecrets: ports.refresh_secrets,
        Cursors: ports.cursors,
        Clock: ports.clock,
        NewId: ports.new_id,
        SignUp: SignUp(is_open=settings.registration_open),
        SessionLifetime: SessionLifetime(
            absolute=settings.session_absolute, idle=settings.session_idle
        ),
        RefreshReuseLeeway: RefreshReuseLeeway(settings.refresh_reuse_leeway),
    }
    for service, instance in values.items():
        container.register(service, instance=instance)
    for shared in (*SHARED, *HANDLERS):
        container.register(shared, scope=punq.Scope.singleton)
    return Services({handler: container.resolve(handler) for handler in HANDLERS})


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
            revision = await revision_of(self.database)
        except Unavailable as error:
            return {"database": error.detail, "migrations": "unknown"}
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
        ports = Ports(
            begin=BeginPostgresUnitOfWork(replicated, callers.hear),
            items=PostgresItemReader(replicated),
            users=PostgresUserReader(replicated),
            roles=PostgresRoleReader(replicated),
            sessions=PostgresSessionReader(replicated),
            audit=PostgresAuditReader(replicated),
            audit_signer=HmacAuditSigner([secret, *older_secrets(settings)]),
            refusal_quota=InProcessRefusalQuota(),
            credentials=PostgresCredentialsReader(database),
            callers=callers,
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
            cursors=SignedCursors(secret),
            clock=clock,
            new_id=new_id,
        )
        try:
            async with listening_for_changes(
                dsn, callers, connect_timeout=settings.database_connect_timeout
            ):
                yield Tessera(
                    services=wire(ports, settings),
                    database=database,
                    replicated=replicated,
                    newest_revision=newest_revision(),
                    issuer=settings.base_url,
                    published_keys=keys.published,
                )
        finally:
            await hasher.aclose()
            await strength.aclose()


def secret_of(settings: Settings) -> str:
    """The configured secret, or in development the one that is kept beside the data."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return load_or_create_secret(settings.data_dir / "secret_key")


def older_secrets(settings: Settings) -> list[bytes]:
    """Those that nothing is made by any more, and what they made is still good."""
    previous = settings.secret_key_previous
    return [] if previous is None else [previous.get_secret_value().encode()]
