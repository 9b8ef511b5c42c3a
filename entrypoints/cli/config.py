"""`tessera config`."""

import asyncio
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

import typer
from pydantic import SecretStr

from adapters.mail.smtp import NotSent
from adapters.postgres.embedded.failure import EmbeddedPostgresError
from adapters.postgres.preflight import DatabaseState
from adapters.postgres.revision import newest_revision
from application.auth.check_keys import CheckedKeys, CheckKeysHandler
from domain.access import SYSTEM
from entrypoints.bootstrap.mailing import smtp_mailer_of
from entrypoints.bootstrap.running import running
from entrypoints.cli.failures import Refused, told_plainly
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import show_json, show_table, show_values
from entrypoints.preparation import (
    NotPrepared,
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

app = typer.Typer(help="The settings: show them, check them.", add_completion=False)

OK = "ok"
_MASK = "********"
_SECRET_PARAMETERS = frozenset({"password", "sslpassword", "ssl_password"})


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """Show every setting as it is in force, secrets masked."""
    with told_plainly():
        settings = load_settings()
    values = {name.upper(): _shown(name, value) for name, value in settings}
    if as_json:
        show_json(values)
    else:
        show_values(values)


def _shown(name: str, value: object) -> object:
    if isinstance(value, SecretStr):
        return _MASK
    if isinstance(value, tuple) and any(isinstance(each, SecretStr) for each in value):
        return [_MASK for _ in value]
    if name in {"database_url", "redis_url"} and isinstance(value, str):
        return _without_password(urlsplit(value))
    if name == "database_replica_urls" and isinstance(value, tuple):
        return [_without_password(urlsplit(url)) for url in value]
    return value


def _without_password(url: SplitResult) -> str:
    user, at, host = url.netloc.rpartition("@")
    if ":" in user:
        user = f"{user.partition(':')[0]}:{_MASK}"
    query = [
        (name, _MASK if name in _SECRET_PARAMETERS else value)
        for name, value in parse_qsl(url.query, keep_blank_values=True)
    ]
    return url._replace(netloc=f"{user}{at}{host}", query=urlencode(query, safe="*/")).geturl()


@app.command("check")
def check(as_json: AsJson = False) -> None:
    """Examine all that a start stands on, and name every fault."""
    checks = list(_checks())
    faults = [f"{name}: {found}" for name, found in checks if found != OK]
    if as_json:
        show_json(
            {"ok": not faults, "checks": [dict(zip(_KEYS, each, strict=True)) for each in checks]}
        )
    else:
        show_table(_KEYS, checks)
    if faults:
        raise Refused("\n".join(faults))


_KEYS = ("check", "result")


def _checks() -> Iterator[tuple[str, str]]:
    is_whole = False
    try:
        settings: Settings | None = load_settings()
        is_whole = True
        yield "settings", OK
    except SettingsError as error:
        for fault in error.faults:
            yield "settings", fault
        settings = _without(error.faults)
    if settings is None:
        yield "database", "not examined, because of the settings"
    else:
        yield from _database_checks(settings, has_its_keys=is_whole)
        yield from _redis_checks(settings)
        yield from _mail_checks(settings)


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


def _database_checks(settings: Settings, *, has_its_keys: bool) -> Iterator[tuple[str, str]]:
    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        # The first start makes it, and an examination should not.
        yield "database", OK
        return
    timeout = settings.database_connect_timeout
    try:
        with database_of(settings) as dsn:
            state = inspected(dsn, timeout)
            yield from _checks_of(state)
            if has_its_keys and state.revision == newest_revision():
                yield from _key_checks(settings, dsn)
            for number, url in enumerate(settings.database_replica_urls, start=1):
                yield f"replica {number}", _fault_of_replica(url, dsn, timeout) or OK
    except (EmbeddedPostgresError, NotPrepared) as error:
        yield "database", str(error)


def _redis_checks(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.redis_url is not None:
        yield "redis", asyncio.run(_check_of_redis(settings.redis_url, settings.redis_timeout))


async def _check_of_redis(url: str, patience: float) -> str:
    # Imported late: most services have none, and it takes a while to import.
    from adapters.redis.server import redis_at  # noqa: PLC0415 - see above

    async with redis_at(url, patience) as server:
        return await server.check()


def _mail_checks(settings: Settings) -> Iterator[tuple[str, str]]:
    mailer = smtp_mailer_of(settings)
    if mailer is None:
        return
    try:
        asyncio.run(mailer.check())
    except NotSent as error:
        yield "mail", str(error)
    else:
        yield "mail", OK


def _checks_of(state: DatabaseState) -> Iterator[tuple[str, str]]:
    yield "database", OK
    yield "version", too_old(state) if state.is_too_old else OK
    newest = newest_revision()
    if state.revision == newest:
        yield "migrations", OK
    else:
        yield "migrations", f"at {state.revision}, not {newest}: run `tessera db upgrade`"


def _key_checks(settings: Settings, dsn: str) -> Iterator[tuple[str, str]]:
    for fault in list(key_faults(asyncio.run(_checked_keys(settings, dsn)))) or [OK]:
        yield "keys", fault


async def _checked_keys(settings: Settings, dsn: str) -> CheckedKeys:
    async with running(settings, dsn) as tessera:
        return await tessera.services[CheckKeysHandler](SYSTEM)


def _fault_of_replica(url: str, dsn: str, timeout: float) -> str:
    try:
        inspect_replica(url, dsn, timeout)
    except NotPrepared as error:
        return str(error)
    return ""
