"""What all suites share: a database of the worker's own, and the service on it."""

import os
from collections.abc import AsyncIterator, Iterator

import asyncpg
import attrs
import pytest
from fastapi import FastAPI
from sqlalchemy import delete

from adapters.postgres.access import RoleRow
from adapters.postgres.callers import RememberedCallers
from adapters.postgres.migrations import upgrade
from adapters.postgres.tables import metadata
from application.auth.authenticate import AuthenticateHandler
from domain.access import BUILT_IN_ROLES
from entrypoints.bootstrap import Tessera, running
from entrypoints.http.app import create_app
from entrypoints.settings import Settings, load_settings
from tests.postgres_server import (
    WorkerNode,
    end_run,
    fresh_clone,
    hand_to_worker,
    server_url,
    template_and_clone,
)

SECRET = "a secret of the tests, and of nobody else"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerNode) -> None:
    hand_to_worker(node)


def pytest_unconfigure(config: pytest.Config) -> None:
    end_run(config)


def _emptying() -> Iterator[str]:
    """In the order of the foreign keys; cheaper than TRUNCATE where tables are small."""
    for table in reversed(metadata.sorted_tables):
        statement = delete(table)
        if table.name == RoleRow.__tablename__:
            statement = statement.where(RoleRow.name.not_in(sorted(BUILT_IN_ROLES)))
        yield str(statement.compile(compile_kwargs={"literal_binds": True}))


_EMPTY = ";\n".join(_emptying())


@attrs.frozen
class _WorkerDatabase:
    """Migrated once, emptied before each test that asks for it."""

    url: str
    _connection: "asyncpg.Connection[asyncpg.Record]"

    async def empty(self) -> None:
        await self._connection.execute(_EMPTY)


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """The server of this run, by the URL of a database to start from."""
    return server_url(pytestconfig)


@pytest.fixture(scope="session")
async def _worker_database(postgres_url: str) -> AsyncIterator[_WorkerDatabase]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    url = template_and_clone(postgres_url, worker, upgrade)
    # A test that left a transaction open shows here, and not by standing still.
    connection = await asyncpg.connect(url, server_settings={"lock_timeout": "3000"})
    try:
        yield _WorkerDatabase(url, connection)
    finally:
        await connection.close()


@pytest.fixture
async def database_url(_worker_database: _WorkerDatabase) -> str:
    """A migrated database with nothing in it but the built-in roles."""
    await _worker_database.empty()
    return _worker_database.url


@pytest.fixture
def own_database_url(postgres_url: str) -> Iterator[str]:
    """The same for one test alone, which may break it, or count what reaches it."""
    with fresh_clone(postgres_url, upgrade) as url:
        yield url


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(
        _env_file=None,
        secret_key=SECRET,
        bcrypt_cost=4,
        database_pool_size=8,
        data_dir=tmp_path_factory.mktemp("data"),
    )


@pytest.fixture(scope="session")
async def _running(_worker_database: _WorkerDatabase, settings: Settings) -> AsyncIterator[Tessera]:
    async with running(settings, _worker_database.url) as tessera:
        yield tessera


@pytest.fixture
def tessera(_running: Tessera, database_url: str) -> Tessera:
    """The inside of the service, on an empty database."""
    forget_callers(_running)
    return _running


@pytest.fixture(scope="session")
async def started_app(
    _worker_database: _WorkerDatabase, settings: Settings
) -> AsyncIterator[FastAPI]:
    """Started once; wants `database_url` beside it to begin with an empty database."""
    app = create_app(settings, _worker_database.url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def app(started_app: FastAPI, database_url: str) -> FastAPI:
    """The service over HTTP, on an empty database."""
    forget_callers(started_app.state.tessera)
    return started_app


def forget_callers(tessera: Tessera) -> None:
    callers = tessera.services[AuthenticateHandler].callers
    assert isinstance(callers, RememberedCallers)
    callers.forget_everyone()
