"""What does not start says why in a line, and leaves nothing behind."""

import asyncio
import socket

import pytest

from adapters.postgres.preflight import OLDEST_MAJOR_VERSION, DatabaseState
from adapters.postgres.revision import newest_revision
from entrypoints.http.listening import PortTaken, bind
from entrypoints.not_prepared import NotPrepared
from entrypoints.preparation import prepare_database, wants_migrations
from entrypoints.settings.schema import Settings
from entrypoints.settings.values import Environment
from tests.system.service import Installation

SECRET = "a secret of the tests, and of nobody else"


def test_a_port_that_is_taken(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        refusal = installation.refusal(PORT=str(port))
    assert refusal == (1, [f"error: cannot listen on 127.0.0.1:{port}: Address already in use"])
    assert not installation.postgres_directory.exists()


def test_a_port_that_another_has_only_just_taken(settings: Settings) -> None:
    """And does not serve on yet."""
    with (
        bind(settings.host, 0) as first,
        pytest.raises(PortTaken, match="Address already in use"),
    ):
        bind(settings.host, first.getsockname()[1])


def test_every_wrong_setting_at_once(installation: Installation) -> None:
    status, lines = installation.refusal(
        ENVIRONMENT="production",
        SECRET_KEY="hush",
        BCRYPT_COST="many",
        DATABASE_URL="mysql://root:hush@localhost/db",
    )
    assert status == 2
    assert lines == [
        "error: DATABASE_URL: must start with postgresql://",
        "error: BCRYPT_COST: Input should be a valid integer, unable to parse string as an integer",
        "error: SECRET_KEY: must have at least 32 bytes",
        "error: ALLOWED_HOSTS: must name the hosts in production",
        "error: PUBLIC_BASE_URL: must be an https:// URL in production",
        "error: SMTP_HOST: must be set in production",
    ]


def test_a_database_that_can_not_be_reached(installation: Installation) -> None:
    url = "postgresql://ann:hush@127.0.0.1:1/tessera"
    why = "the database does not answer: [Errno 111] Connect call failed ('127.0.0.1', 1)"
    assert installation.refusal(DATABASE_URL=url) == (1, [f"error: {why}"])


async def test_a_database_url_that_can_not_be_read(settings: Settings) -> None:
    url = "postgresql://ann:hu/sh@127.0.0.1/tessera"
    with pytest.raises(NotPrepared, match="DATABASE_URL can't be read") as refusal:
        await asyncio.to_thread(prepare_database, settings, url)
    assert "hu" not in str(refusal.value)


def test_missing_migrations_outside_development(
    installation: Installation, postgres_url: str
) -> None:
    refusal = installation.refusal(
        ENVIRONMENT="staging", SECRET_KEY=SECRET, DATABASE_URL=postgres_url
    )
    assert refusal == (1, ["error: migrations are missing: run `tessera db upgrade`"])


def test_a_data_directory_that_can_not_be_made(installation: Installation) -> None:
    # Nobody makes anything there, root included.
    status, lines = installation.refusal(DATA_DIR="/sys/tessera")
    assert status == 1
    assert [line.partition(": ")[0] for line in lines] == ["error"]
    assert "cannot start PostgreSQL in /sys/tessera/postgres: " in lines[0]


def at(revision: str | None, major_version: int = OLDEST_MAJOR_VERSION) -> DatabaseState:
    return DatabaseState(
        version=f"{major_version}.9",
        major_version=major_version,
        revision=revision,
        is_empty=revision is None,
    )


@pytest.mark.parametrize("environment", list(Environment))
def test_a_postgresql_that_is_too_old(environment: Environment) -> None:
    old = DatabaseState(
        version="14.9", major_version=14, revision=newest_revision(), is_empty=False
    )
    with pytest.raises(NotPrepared, match=r"PostgreSQL 14\.9 is too old: 15 or later is needed"):
        wants_migrations(old, environment)


def test_migrates_by_itself_in_development_only() -> None:
    empty = at(None)
    assert wants_migrations(empty, Environment.DEVELOPMENT)
    for environment in (Environment.STAGING, Environment.PRODUCTION):
        with pytest.raises(NotPrepared, match="run `tessera db upgrade`"):
            wants_migrations(empty, environment)
    current = DatabaseState(
        version="15.0", major_version=15, revision=newest_revision(), is_empty=False
    )
    assert not any(wants_migrations(current, environment) for environment in Environment)


@pytest.mark.parametrize("environment", list(Environment))
def test_a_database_that_a_newer_version_has_migrated(environment: Environment) -> None:
    newer = at("9999_to_come")
    with pytest.raises(NotPrepared, match="9999_to_come, which this version does not know"):
        wants_migrations(newer, environment)
