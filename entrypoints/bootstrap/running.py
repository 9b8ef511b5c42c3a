"""The service opened on what it stands on, and closed again."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import Never

import attrs

from adapters.mail.templates import JinjaMailTemplates
from adapters.memory.refusals import InProcessRefusalQuota
from adapters.postgres.access import PostgresRoleReader
from adapters.postgres.access_changes import CHANNEL as ACCESS_CHANNEL
from adapters.postgres.api_keys import PostgresApiKeyReader
from adapters.postgres.attachments import PostgresAttachmentReader
from adapters.postgres.audit import PostgresAuditReader
from adapters.postgres.auth import (
    PostgresCallerReader,
    PostgresCredentialsReader,
    PostgresSessionReader,
)
from adapters.postgres.callers import RememberedCallers
from adapters.postgres.committed_events import CHANNEL as EVENTS_CHANNEL
from adapters.postgres.committed_events import CommittedEvents
from adapters.postgres.connection import Database, PoolSettings, open_database
from adapters.postgres.events import PostgresEventReader
from adapters.postgres.idempotency import PostgresKeptAnswerReader
from adapters.postgres.items import ITEM_EVENT_TABLE, PostgresItemReader
from adapters.postgres.job_queue import PostgresJobSignal
from adapters.postgres.jobs import CHANNEL as JOBS_CHANNEL
from adapters.postgres.jobs import PostgresJobReader
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
from adapters.security.keys import derive_key
from adapters.security.mfa_tokens import HmacMfaTokens
from adapters.security.one_time_tokens import HmacOneTimeTokenSecrets
from adapters.security.passwords import BcryptPasswordHasher
from adapters.security.randomness import SystemRandomBytes
from adapters.security.refresh_secrets import HmacRefreshSecrets
from adapters.security.strength import ZxcvbnPasswordStrength
from adapters.security.threads import BoundedThreads, usable_cores
from application.clock import Clock, NewId
from application.events.feed import Feed
from application.jobs.ports import JobSignal
from application.throttling.request_limit import RequestLimit
from domain.errors import Unavailable
from entrypoints.bootstrap.items import kept_items
from entrypoints.bootstrap.mailing import mailer_of
from entrypoints.bootstrap.secrets import data_secrets, older_secrets, secret_of
from entrypoints.bootstrap.services import Ports, Services, wire
from entrypoints.bootstrap.sharing import Spare, shared
from entrypoints.bootstrap.storage import open_blob_store
from entrypoints.bootstrap.watching import UNWATCHED, Watch
from entrypoints.settings.schema import Settings
from entrypoints.signing_keys import signing_keys

# Seconds. Whoever sends requests here has to hear of it before they have waited long.
_CHECK_TIMEOUT = 1.5


@attrs.frozen(kw_only=True)
class Inside:
    """The running inside of the service."""

    services: Services
    ports: Ports
    job_signal: JobSignal
    database: Database
    replicated: Database
    """The same, with its replicas, if it has any, for the reads that decide nothing."""
    spares: Mapping[str, Spare]
    newest_revision: str
    issuer: str
    """Who access tokens say they are from: the service's public URL."""
    published_keys: list[Mapping[str, str]]
    """By which others verify access tokens (RFC 7517)."""
    watch: Watch

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

    async def checks_of_spares(self) -> dict[str, str]:
        """What it can do without, by name: `ok`, or what is wrong with it; no secrets."""
        checks = {name: await spare.check() for name, spare in self.spares.items()}
        return self.replicated.replicas() | checks


@asynccontextmanager
async def running(settings: Settings, dsn: str, watch: Watch = UNWATCHED) -> AsyncIterator[Inside]:
    """Open what the service stands on, and close it again. Raise `Unavailable` where the
    database can't be reached."""
    secret = secret_of(settings).encode()
    clock: Clock = SystemClock()
    new_id: NewId = Uuid7Factory()
    hashing = BoundedThreads("bcrypt", usable_cores(), settings.hashing_queue_size)
    hasher = BcryptPasswordHasher(cost=settings.bcrypt_cost, threads=hashing)
    strength = ZxcvbnPasswordStrength()
    keys = signing_keys(settings, secret)
    pool = attrs.evolve(pool_settings(settings), observer=watch.database)
    async with (
        open_database(dsn, pool) as database,
        with_replicas(database, dsn, replica_settings(settings), pool) as replicated,
        shared(settings, new_id) as by_all,
        open_blob_store(settings) as blobs,
    ):
        callers = RememberedCallers(PostgresCallerReader(database), clock)
        job_signal = PostgresJobSignal()
        items = kept_items(settings, PostgresItemReader(replicated), by_all)
        committed = CommittedEvents(new_id, by_all.kept)
        begin = BeginPostgresUnitOfWork(replicated, callers.hear, committed)
        ports = Ports(
            begin=begin,
            hold=begin,
            kept_answers=PostgresKeptAnswerReader(database),
            items=items,
            item_events=PostgresEventReader(ITEM_EVENT_TABLE, database, committed),
            attachments=PostgresAttachmentReader(replicated),
            blobs=blobs,
            users=PostgresUserReader(replicated),
            roles=PostgresRoleReader(replicated),
            api_keys=PostgresApiKeyReader(replicated),
            api_key_secrets=Base62ApiKeySecrets(),
            sessions=PostgresSessionReader(replicated),
            audit=PostgresAuditReader(replicated),
            audit_signer=HmacAuditSigner([secret, *older_secrets(settings)]),
            jobs=PostgresJobReader(replicated),
            mailer=watch.mailer(mailer_of(settings)),
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
            services = wire(ports, settings, watch)
            feeds = services.feeds()
            watch.look_at(database.pool, (hashing, strength.threads), feeds, by_all.caches)
            async with (
                listening(
                    dsn,
                    {
                        ACCESS_CHANNEL: callers,
                        JOBS_CHANNEL: job_signal,
                        EVENTS_CHANNEL: committed,
                    },
                    connect_timeout=settings.database_connect_timeout,
                    jitter=SystemJitter(),
                ),
                in_background(services[RequestLimit].keep_sharing(every=1.0)),
                in_background(committed.keep_telling(database, every=0.02)),
                _fed(feeds),
            ):
                yield Inside(
                    services=services,
                    ports=ports,
                    job_signal=job_signal,
                    database=database,
                    replicated=replicated,
                    spares=by_all.spares,
                    newest_revision=newest_revision(),
                    issuer=settings.base_url,
                    published_keys=keys.published,
                    watch=watch,
                )
        finally:
            await hasher.aclose()
            await strength.aclose()


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


@asynccontextmanager
async def _fed(feeds: Sequence[Feed[object]]) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for feed in feeds:
            await stack.enter_async_context(in_background(feed.keep_reading()))
            await stack.enter_async_context(in_background(feed.keep_watching_rights()))
        yield


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
