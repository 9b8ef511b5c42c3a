"""What all suites share: a database of the worker's own, and the service on it."""

import gc
import os
import signal
from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import NoReturn

import pytest
import structlog
from fastapi import FastAPI

from adapters.postgres.migrations import upgrade
from entrypoints.bootstrap.running import Inside, running
from entrypoints.http.app import create_app
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings
from tests.emptying import MigratedDatabase, forget_callers, migrated
from tests.postgres_server import (
    WorkerNode,
    end_run,
    fresh_clone,
    hand_to_worker,
    server_url,
    template_and_clone,
)
from tests.redis_server import RedisServer, empty, own_redis, shared_redis

_SLOWEST_FIRST = {
    name: place for place, name in enumerate(("system", "cli", "http", "embedded", "postgres"))
}
SECRET = "a secret of the tests, and of nobody else"


def _silent(_logger: object, _level: str, _event: MutableMapping[str, object]) -> NoReturn:
    raise structlog.DropEvent


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerNode) -> None:
    hand_to_worker(node)


def pytest_configure() -> None:
    # Nobody reads the lines of requests and jobs but the tests that ask for them.
    structlog.configure(processors=[_silent])
    # Whoever started these tests may ignore a closed terminal, or Ctrl-C as shells do for what runs
    # in the background, and processes inherit that.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What is imported and collected stays to the end: nobody need look through it for garbage.
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Those that wait for processes first: what is quick then fills the gaps between two workers.
    items.sort(key=lambda item: _SLOWEST_FIRST.get(item.path.parent.name, len(_SLOWEST_FIRST)))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    end_run(config)


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """The server of this run, by the URL of a database to start from."""
    return server_url(pytestconfig)


@pytest.fixture(scope="session")
async def worker_database(postgres_url: str) -> AsyncIterator[MigratedDatabase]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    url = template_and_clone(postgres_url, worker, upgrade)
    async with migrated(url) as database:
        yield database


@pytest.fixture
async def database_url(worker_database: MigratedDatabase) -> str:
    """A migrated database with nothing in it but the built-in roles."""
    await worker_database.empty()
    return worker_database.url


@pytest.fixture
def own_database_url(postgres_url: str) -> Iterator[str]:
    """The same for one test alone, which may break it, or count what reaches it."""
    with fresh_clone(postgres_url, upgrade) as url:
        yield url


@pytest.fixture(scope="session")
def worker_redis() -> Iterator[str]:
    with shared_redis() as url:
        yield url


@pytest.fixture
def redis_url(worker_redis: str) -> str:
    """A database of Redis with nothing in it."""
    empty(worker_redis)
    return worker_redis


@pytest.fixture
def own_redis_server() -> Iterator[RedisServer]:
    """A Redis for one test alone, which may kill it."""
    with own_redis() as server:
        yield server


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(
        _env_file=None,
        secret_key=SECRET,
        bcrypt_cost=4,
        database_pool_size=8,
        # Nothing happens behind a test's back; those of jobs run them themselves.
        jobs_concurrency=0,
        data_dir=tmp_path_factory.mktemp("data"),
    )


@pytest.fixture(scope="session")
async def _running(worker_database: MigratedDatabase, settings: Settings) -> AsyncIterator[Inside]:
    async with running(settings, worker_database.url) as inside:
        yield inside


@pytest.fixture
def inside(_running: Inside, database_url: str) -> Inside:
    """The inside of the service, on an empty database."""
    forget_callers(_running)
    return _running


@pytest.fixture(scope="session")
async def started_app(
    worker_database: MigratedDatabase, settings: Settings
) -> AsyncIterator[FastAPI]:
    """Started once; wants `database_url` beside it to begin with an empty database."""
    app = create_app(settings, worker_database.url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def app(started_app: FastAPI, database_url: str) -> FastAPI:
    """The service over HTTP, on an empty database."""
    forget_callers(started_app.state.inside)
    return started_app
