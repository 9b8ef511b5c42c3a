"""What a start stands on, examined: each examination gives up by itself within seconds.

To add one, write a function that yields findings and put it into `EXAMINATIONS`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from enum import StrEnum
from typing import TypeAlias

import attrs

from adapters.mail.smtp import NotSent, SmtpMailer
from adapters.postgres.embedded.failure import EmbeddedPostgresError
from adapters.postgres.preflight import DatabaseState
from adapters.postgres.revision import newest_revision
from adapters.security.identifiers import Uuid7Factory
from application.auth.check_keys import CheckedKeys, CheckKeysHandler
from domain.access import SYSTEM
from domain.blobs import BlobId
from domain.errors import DomainError, Unavailable
from entrypoints.background import DEFAULT_QUEUE
from entrypoints.bootstrap.mailing import smtp_mailer_of
from entrypoints.bootstrap.running import running
from entrypoints.bootstrap.storage import open_blob_store
from entrypoints.not_prepared import NotPrepared
from entrypoints.preparation import (
    database_of,
    inspect_replica,
    inspected,
    key_faults,
    too_old,
)
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings
from entrypoints.settings.sources import SettingsError
from entrypoints.settings.values import Environment

# Seconds. Leases and tokens bear more; what is further off than this is not looked after at all.
_CLOCKS_AGREE_WITHIN = 2.0
_COLLECTOR_WITHIN = 2.0
_ANSWERS_WITHIN = 10.0


class Verdict(StrEnum):
    OK = "ok"
    ADVICE = "advice"
    """It works, and yet should not be so."""
    FAULT = "fault"
    """It is away or not ready, and may be there at another time."""
    WRONG = "wrong"
    """Nothing but another setting mends it."""


@attrs.frozen
class Finding:
    check: str
    verdict: Verdict = Verdict.OK
    result: str = "ok"


def fault(check: str, result: str) -> Finding:
    return Finding(check, Verdict.FAULT, result)


def advice(check: str, result: str) -> Finding:
    return Finding(check, Verdict.ADVICE, result)


@attrs.frozen
class Patient:
    settings: Settings
    is_whole: bool
    """Whether these are the settings, and not those that are left where some are wrong."""


Examination: TypeAlias = Callable[[Patient], Iterator[Finding]]


def examined() -> Iterator[Finding]:
    try:
        patient = Patient(load_settings(), is_whole=True)
        yield Finding("settings")
    except SettingsError as error:
        for each in error.faults:
            yield Finding("settings", Verdict.WRONG, each)
        settings = _without(error.faults)
        if settings is None:
            yield fault("database", "not examined, because of the settings")
            return
        patient = Patient(settings, is_whole=False)
    for examine in EXAMINATIONS:
        yield from examine(patient)


def _without(faults: list[str]) -> Settings | None:
    """The settings with the faulty ones at their defaults, so that the rest is examined too."""
    names = {
        name.strip().lower() for fault in faults for name in fault.partition(":")[0].split(",")
    }
    if "database_url" in names:
        return None
    fields = Settings.model_fields
    defaults = {name: fields[name].get_default() for name in names if name in fields}
    try:
        return load_settings(**{**defaults, "environment": Environment.DEVELOPMENT})
    except SettingsError:
        return None


def _database(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        # The first start makes it, and an examination should not.
        yield Finding("database")
        return
    timeout = settings.database_connect_timeout
    try:
        with database_of(settings) as dsn:
            state = inspected(dsn, timeout)
            yield from _state(state)
            if patient.is_whole and state.revision == newest_revision():
                yield from _keys(settings, dsn)
            for number, url in enumerate(settings.database_replica_urls, start=1):
                yield _replica(f"replica {number}", url, dsn, timeout)
    except (DomainError, EmbeddedPostgresError, NotPrepared) as error:
        yield fault("database", str(error))


def _state(state: DatabaseState) -> Iterator[Finding]:
    yield Finding("database")
    yield fault("version", too_old(state)) if state.is_too_old else Finding("version")
    newest = newest_revision()
    if state.revision == newest:
        yield Finding("migrations")
    else:
        yield fault("migrations", f"at {state.revision}, not {newest}: run `tessera db upgrade`")
    if abs(state.ahead) <= _CLOCKS_AGREE_WITHIN:
        yield Finding("clock")
    else:
        where = "behind" if state.ahead > 0 else "ahead of"
        yield fault("clock", f"this one is {abs(state.ahead):.1f} s {where} the database's")


def _keys(settings: Settings, dsn: str) -> Iterator[Finding]:
    faults = list(key_faults(asyncio.run(_checked_keys(settings, dsn))))
    yield from [fault("keys", each) for each in faults] or [Finding("keys")]


async def _checked_keys(settings: Settings, dsn: str) -> CheckedKeys:
    async with running(settings, dsn) as inside:
        return await inside.services[CheckKeysHandler](SYSTEM)


def _replica(name: str, url: str, dsn: str, timeout: float) -> Finding:
    try:
        inspect_replica(url, dsn, timeout)
    except NotPrepared as error:
        return fault(name, str(error))
    return Finding(name)


def _redis(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    if settings.redis_url is not None:
        yield _found("redis", _fault_of_redis(settings.redis_url, settings.redis_timeout))


def _found(check: str, asking: Coroutine[None, None, str]) -> Finding:
    """What is wrong, or nothing, as is asked of something that is given its time for that."""

    async def asked() -> str:
        async with asyncio.timeout(_ANSWERS_WITHIN):
            return await asking

    try:
        told = asyncio.run(asked())
    except TimeoutError:
        told = f"nothing within {_ANSWERS_WITHIN:g} s"
    return fault(check, told) if told else Finding(check)


async def _fault_of_redis(url: str, patience: float) -> str:
    # Imported late: most services have none, and it takes a while to import.
    from adapters.redis.server import redis_at  # noqa: PLC0415 - see above

    async with redis_at(url, patience) as server:
        told = await server.check()
    return "" if told == "ok" else told


def _broker(patient: Patient) -> Iterator[Finding]:
    if patient.settings.broker_url is not None:
        yield _found("broker", _fault_of_broker(patient.settings, patient.settings.broker_url))


async def _fault_of_broker(settings: Settings, broker_url: str) -> str:
    # Imported late, for Celery takes half a second, and most have no broker.
    from adapters.celery.app import celery_app  # noqa: PLC0415 - see above
    from adapters.celery.dispatcher import celery_job_dispatcher  # noqa: PLC0415 - see above

    app = celery_app(broker_url, time_limit=settings.job_time_limit)
    async with celery_job_dispatcher(app) as dispatcher:
        try:
            await dispatcher.depth(DEFAULT_QUEUE)
        except Unavailable as error:
            return error.detail
    return ""


def _mail(patient: Patient) -> Iterator[Finding]:
    mailer = smtp_mailer_of(patient.settings)
    if mailer is not None:
        yield _found("mail", _fault_of_mail(mailer))


async def _fault_of_mail(mailer: SmtpMailer) -> str:
    try:
        await mailer.check()
    except NotSent as error:
        return str(error)
    return ""


def _files(patient: Patient) -> Iterator[Finding]:
    """By one that is kept and deleted again. Below `DATA_DIR` a start makes room by itself."""
    if patient.settings.storage_url is not None:
        yield _found("files", _fault_of_store(patient.settings))


async def _fault_of_store(settings: Settings) -> str:
    async def content() -> AsyncIterator[bytes]:
        yield b"examined"

    blob_id = BlobId(Uuid7Factory()())
    async with open_blob_store(settings) as blobs:
        try:
            await blobs.put(blob_id, content(), content_type="text/plain", disposition="inline")
            await blobs.delete([blob_id])
        except Unavailable as error:
            return error.detail
    return ""


def _traces(patient: Patient) -> Iterator[Finding]:
    """Nothing stands on them."""
    endpoint = patient.settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        return
    # Imported late: most services have none, and it is an extra.
    from adapters.telemetry.traces import takes_traces  # noqa: PLC0415 - see above

    if takes_traces(endpoint, within=_COLLECTOR_WITHIN):
        yield Finding("traces")
    else:
        yield advice("traces", f"OTEL_EXPORTER_OTLP_ENDPOINT: {endpoint} does not take them")


def _exposure(patient: Patient) -> Iterator[Finding]:
    """What strangers see. In development nobody is one."""
    settings = patient.settings
    if settings.is_development:
        return
    if "*" in settings.backend_cors_origins:
        yield advice("cors", "BACKEND_CORS_ORIGINS: pages from anywhere may call the API")
    if "*" in settings.allowed_hosts or not settings.allowed_hosts:
        yield advice("hosts", "ALLOWED_HOSTS: any name is answered")
    if settings.base_url.startswith("https://") and not settings.trusted_proxies:
        yield advice(
            "proxies",
            "TRUSTED_PROXIES: none, so that all requests seem to come from whoever ends TLS, "
            "and share its limits",
        )
    if "*" in settings.trusted_proxies:
        yield advice("proxies", "TRUSTED_PROXIES: anybody may say where requests come from")
    if settings.docs_enabled:
        yield advice("docs", "DOCS_ENABLED: the documentation is shown to everyone")
    if not settings.exposes_metrics:
        yield advice("metrics", "METRICS_PORT: nobody can watch this")


EXAMINATIONS: tuple[Examination, ...] = (
    _database,
    _redis,
    _broker,
    _mail,
    _files,
    _traces,
    _exposure,
)
