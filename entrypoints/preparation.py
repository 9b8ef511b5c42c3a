"""What has to be so before anything is served: a database that answers, is new enough and has its
migrations, and a first superuser where one is asked for."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.postgres.embedded.launcher import running as running_postgres
from adapters.postgres.preflight import (
    OLDEST_MAJOR_VERSION,
    DatabaseState,
    inspect,
    is_standby,
)
from adapters.postgres.revision import known_revisions, newest_revision
from application.auth.check_keys import CheckedKeys, CheckKeysHandler
from application.users.make_first_superuser import (
    MakeFirstSuperuser,
    MakeFirstSuperuserHandler,
)
from domain.access import SYSTEM
from domain.errors import Unavailable
from domain.passwords import Password
from domain.users import EmailTaken
from entrypoints.bootstrap.running import running
from entrypoints.bootstrap.services import Services
from entrypoints.not_prepared import NotPrepared
from entrypoints.settings.schema import Settings
from entrypoints.settings.values import Environment

_log = logging.getLogger(__name__)


@contextmanager
def database_of(settings: Settings) -> Iterator[str]:
    """The configured database, or the embedded one for as long as the block runs."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with running_postgres(settings.data_dir / "postgres") as dsn:
        yield dsn


def prepare_database(settings: Settings, dsn: str) -> None:
    """Bring the tables up to date in development; elsewhere that is a step of the deployment.
    Raise `NotPrepared` where the database can't be served from."""
    state = inspected(dsn, settings.database_connect_timeout)
    if wants_migrations(state, settings.environment):
        from adapters.postgres.migrations import upgrade  # noqa: PLC0415 - slow to import, seldom needed

        upgrade(dsn)


def wants_migrations(state: DatabaseState, environment: Environment) -> bool:
    """Whether to migrate now; `NotPrepared` where that would be of no use, or is not for us."""
    if state.is_too_old:
        raise NotPrepared(too_old(state))
    if state.revision == newest_revision():
        return False
    if state.revision is not None and state.revision not in known_revisions():
        raise NotPrepared(
            f"the database is at migration {state.revision}, which this version does not know:"
            " run the version that made it"
        )
    if environment is not Environment.DEVELOPMENT:
        raise NotPrepared("migrations are missing: run `tessera db upgrade`")
    return True


def too_old(state: DatabaseState) -> str:
    return f"PostgreSQL {state.version} is too old: {OLDEST_MAJOR_VERSION} or later is needed"


def inspected(dsn: str, timeout: float) -> DatabaseState:
    """What the database says of itself; raise `NotPrepared`, saying why, where it says nothing."""
    with _told_why("the database", "DATABASE_URL", timeout):
        return inspect(dsn, timeout=timeout)


def inspect_replica(url: str, dsn: str, timeout: float) -> None:
    """Raise `NotPrepared` where reads could not go there."""
    with _told_why("it", "DATABASE_REPLICA_URLS", timeout):
        if not is_standby(url, primary=dsn, timeout=timeout):
            raise NotPrepared("it is not a standby of this primary")


@contextmanager
def _told_why(what: str, setting: str, timeout: float) -> Iterator[None]:
    unreadable = f"{setting} can't be read (in a password, / is %2F and @ is %40)"
    try:
        yield
    except ValueError as error:
        raise NotPrepared(unreadable) from error
    except Unavailable as error:
        cause = error.__cause__
        if isinstance(cause, ValueError):
            raise NotPrepared(unreadable) from error
        why = f"nothing within {timeout:g} s" if isinstance(cause, TimeoutError) else str(cause)
        raise NotPrepared(f"{what} does not answer: {why}") from error


def key_faults(keys: CheckedKeys) -> Iterator[str]:
    if keys.unreadable:
        yield (
            f"second factors that can't be read: {keys.unreadable}; the key that encrypted them,"
            " a SECRET_KEY or one of DATA_ENCRYPTION_KEYS, is not set any more"
        )
    if not keys.seals_trail:
        yield (
            "the audit trail can't go on: the SECRET_KEY that signed it is not set any more, nor"
            " as SECRET_KEY_PREVIOUS"
        )


async def tell_of_lost_keys(services: Services) -> None:
    """In the log: it is served all the same, as most of it works."""
    for fault in key_faults(await services[CheckKeysHandler](SYSTEM)):
        _log.error("%s", fault)


def make_first_superuser(settings: Settings, dsn: str) -> None:
    """Do nothing where none is configured, or there is a superuser already."""
    if settings.first_superuser_email is None or settings.first_superuser_password is None:
        return
    command = MakeFirstSuperuser(
        email=settings.first_superuser_email,
        password=Password(settings.first_superuser_password.get_secret_value()),
    )
    asyncio.run(_make_first_superuser(settings, dsn, command))


async def _make_first_superuser(settings: Settings, dsn: str, command: MakeFirstSuperuser) -> None:
    async with running(settings, dsn) as inside:
        make = inside.services[MakeFirstSuperuserHandler]
        try:
            await make(command, SYSTEM)
        except EmailTaken:
            # Perhaps by a server that started at the same time, and then there is nothing to do.
            await make(command, SYSTEM)
