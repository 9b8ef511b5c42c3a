"""Which PostgreSQL the tests run on, and the databases they get.

`TEST_DATABASE_URL` if it is set, else a container where a Docker engine answers, else the embedded
one: there is always one, so no test is skipped. A run has one server, started by the first process
that needs it, which under xdist is the controller; it ends with the run. All names of databases
begin with that of the run's own, so that runs on one given server do not meet.

Everything here is synchronous and leaves the caller's event loop alone, if there is one.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar
from uuid import uuid4

import asyncpg
import attrs
import pytest
from sqlalchemy import make_url

from adapters.postgres.embedded.launcher import EmbeddedPostgres
from tests.containers import in_a_container
from tests.places import place_for

Result = TypeVar("Result")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_IMAGE = "postgres:18-alpine"
_SETTINGS = {
    # Nothing here outlives the run, let alone a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
_PREFIX = "tessera-tests-"
# Any number does, as long as all workers of a run take the same.
_TEMPLATE_LOCK = 7_355_608_112


class WorkerNode(Protocol):
    """What xdist's hooks get, as far as it matters here."""

    @property
    def config(self) -> pytest.Config: ...
    @property
    def workerinput(self) -> dict[str, str]: ...


@attrs.define
class _Run:
    """The server of this run, from the first time somebody asks for it."""

    _until_the_end: ExitStack = attrs.field(factory=ExitStack)
    _url: str | None = None

    def url(self) -> str:
        if self._url is None:
            self._url = self._until_the_end.enter_context(server())
        return self._url

    def end(self) -> None:
        self._until_the_end.close()


_RUN = pytest.StashKey[_Run]()
_WORKER_INPUT = "postgres_url"


def server_url(config: pytest.Config) -> str:
    """For a session fixture: the server of this run, by the URL of a database to start from."""
    given: dict[str, str] = getattr(config, "workerinput", {})
    return given[_WORKER_INPUT] if given else config.stash.setdefault(_RUN, _Run()).url()


def hand_to_worker(node: WorkerNode) -> None:
    """For the hook `pytest_configure_node`."""
    node.workerinput[_WORKER_INPUT] = server_url(node.config)


def end_run(config: pytest.Config) -> None:
    """For the hook `pytest_unconfigure`, which Ctrl-C does not prevent."""
    if _RUN in config.stash:
        config.stash[_RUN].end()


@contextmanager
def server() -> Iterator[str]:
    """A server for as long as the block lasts, by the URL of an empty database on it."""
    with ExitStack() as stack:
        given = os.environ.get("TEST_DATABASE_URL")
        if given:
            yield stack.enter_context(_on_a_given_server(_plain(given)))
        else:
            yield _in_a_container(stack) or stack.enter_context(_embedded())


def template_and_clone(url: str, worker_id: str, migrate: Callable[[str], None]) -> str:
    """The URL of a migrated database for one worker. The first worker to ask migrates a template,
    and everyone gets a copy of it. It goes with the run, at the latest."""
    name = f"{_database(url)}_{worker_id}"
    _apart(_clone(url, name, migrate))
    return _with_database(url, name)


@contextmanager
def fresh_clone(url: str, migrate: Callable[[str], None]) -> Iterator[str]:
    """The URL of a migrated database for one test alone, dropped after it."""
    name = f"{_database(url)}_{uuid4().hex[:12]}"
    _apart(_clone(url, name, migrate))
    try:
        yield _with_database(url, name)
    finally:
        _apart(_drop(url, name))


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """The URL of a database with nothing in it, dropped after the block."""
    name = f"{_database(url)}_{uuid4().hex[:12]}"
    _apart(_create(url, name))
    try:
        yield _with_database(url, name)
    finally:
        _apart(_drop(url, name))


@contextmanager
def _on_a_given_server(url: str) -> Iterator[str]:
    name = f"tessera_test_{uuid4().hex[:8]}"
    _apart(_create(url, name))
    try:
        yield _with_database(url, name)
    finally:
        _apart(_drop_all(url, name))


def _in_a_container(stack: ExitStack) -> str | None:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - slow to import

    container = in_a_container(
        stack,
        lambda: PostgresContainer(_IMAGE, driver=None).with_command(
            ["postgres", *_as_options(_SETTINGS)]
        ),
    )
    return None if container is None else container.get_connection_url()


@contextmanager
def _embedded() -> Iterator[str]:
    with place_for(_servers_in, _PREFIX) as directory:
        [postgres] = _servers_in(directory)
        yield postgres.start()


def _servers_in(directory: Path) -> list[EmbeddedPostgres]:
    return [EmbeddedPostgres(directory / "postgres", _SETTINGS, system_place=directory / "system")]


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def _clone(url: str, name: str, migrate: Callable[[str], None]) -> None:
    async with _connected(url) as connection:
        # One at a time, because a template in use cannot be copied. Freed with the connection.
        await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
        template = f"{_database(url)}_template"
        known = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
        if not await connection.fetchval(known, template):
            await _make_template(connection, url, template, migrate)
        await connection.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'
        )


async def _make_template(
    connection: Connection, url: str, name: str, migrate: Callable[[str], None]
) -> None:
    """Under another name until it is whole."""
    draft = f"{name}_draft"
    await connection.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
    await connection.execute(f'CREATE DATABASE "{draft}"')
    await asyncio.to_thread(migrate, _with_database(url, draft))
    await connection.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')


async def _create(url: str, name: str) -> None:
    async with _connected(url) as connection:
        await connection.execute(f'CREATE DATABASE "{name}"')


async def _drop(url: str, name: str) -> None:
    async with _connected(url) as connection:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _drop_all(url: str, prefix: str) -> None:
    async with _connected(url) as connection:
        made = "SELECT datname FROM pg_database WHERE starts_with(datname, $1)"
        for row in await connection.fetch(made, prefix):
            await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')


def _apart(work: Coroutine[object, object, Result]) -> Result:
    """In a thread of its own: the caller's may have an event loop, running or not."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


def _as_options(settings: dict[str, str]) -> Iterator[str]:
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


def _plain(url: str) -> str:
    """Without the driver that SQLAlchemy's URLs name."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _database(url: str) -> str:
    return make_url(url).database or "postgres"


def _with_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
