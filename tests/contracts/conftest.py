"""Every port's contract runs against every adapter of that port."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.memory.access import MemoryRoleReader
from adapters.memory.api_keys import MemoryApiKeyReader
from adapters.memory.attachments import MemoryAttachmentReader
from adapters.memory.audit import MemoryAuditReader
from adapters.memory.auth import (
    MemoryCallerReader,
    MemoryCredentialsReader,
    MemoryRightsChanges,
    MemorySessionReader,
)
from adapters.memory.events import MemoryEventReader
from adapters.memory.idempotency import MemoryKeptAnswerReader
from adapters.memory.items import MemoryItemReader
from adapters.memory.job_queue import MemoryJobQueue
from adapters.memory.jobs import MemoryJobReader
from adapters.memory.own_data import MemoryOwnDataReader
from adapters.memory.totp import MemoryMfaReader
from adapters.memory.unit_of_work import MemoryDatabase
from adapters.memory.users import MemoryUserReader
from adapters.postgres.access import PostgresRoleReader
from adapters.postgres.api_keys import PostgresApiKeyReader
from adapters.postgres.attachments import PostgresAttachmentReader
from adapters.postgres.audit import PostgresAuditReader
from adapters.postgres.auth import PostgresCredentialsReader, PostgresSessionReader
from adapters.postgres.job_queue import PostgresJobQueue
from adapters.postgres.jobs import PostgresJobReader
from adapters.postgres.migrations import upgrade
from adapters.postgres.own_data import PostgresOwnDataReader
from adapters.postgres.payloads import Payloads
from adapters.postgres.totp import PostgresMfaReader
from adapters.postgres.users import PostgresUserReader
from application.auth.authenticate import AuthenticateHandler
from application.items.follow_items import ITEM_EVENTS
from application.users.register_user import RegisterUserHandler
from entrypoints.bootstrap.running import Inside, running
from entrypoints.settings.schema import Settings
from tests.chores import CHORES
from tests.contracts.storage import Storage
from tests.emptying import MigratedDatabase, forget_callers, migrated
from tests.exhibits import Exhibits, MemoryExhibits, exhibits_in
from tests.standby import primary_and_standby
from tests.things import MemoryThings, Things, things_in


@pytest.fixture
def memory_storage() -> Storage:
    database = MemoryDatabase()
    return Storage(
        begin=database,
        hold=database,
        kept_answers=MemoryKeptAnswerReader(database),
        items=MemoryItemReader(database),
        item_events=MemoryEventReader(ITEM_EVENTS, database),
        attachments=MemoryAttachmentReader(database),
        users=MemoryUserReader(database),
        roles=MemoryRoleReader(database),
        api_keys=MemoryApiKeyReader(database),
        sessions=MemorySessionReader(database),
        mfa=MemoryMfaReader(database),
        audit=MemoryAuditReader(database),
        own_data=MemoryOwnDataReader(database),
        jobs=MemoryJobReader(database),
        job_queue=MemoryJobQueue(database),
        job_signal=database.job_signal,
        credentials=MemoryCredentialsReader(database),
        callers=MemoryCallerReader(database),
        rights_changes=MemoryRightsChanges(database),
    )


@pytest.fixture
def postgres_storage(inside: Inside) -> Storage:
    return _postgres_storage(inside)


def _postgres_storage(inside: Inside) -> Storage:
    """As the service itself has it, with callers remembered until something changes."""
    database = inside.replicated
    return Storage(
        begin=inside.services[RegisterUserHandler].begin,
        hold=inside.ports.hold,
        kept_answers=inside.ports.kept_answers,
        items=inside.ports.items,
        item_events=inside.ports.item_events,
        attachments=PostgresAttachmentReader(database),
        users=PostgresUserReader(database),
        roles=PostgresRoleReader(database),
        api_keys=PostgresApiKeyReader(database),
        sessions=PostgresSessionReader(database),
        mfa=PostgresMfaReader(database),
        audit=PostgresAuditReader(database),
        own_data=PostgresOwnDataReader(database),
        jobs=PostgresJobReader(database),
        job_queue=PostgresJobQueue(inside.database, Payloads(CHORES)),
        job_signal=inside.job_signal,
        credentials=PostgresCredentialsReader(inside.database),
        callers=inside.services[AuthenticateHandler].callers,
        rights_changes=inside.ports.rights_changes,
    )


@pytest.fixture(scope="session")
async def _replicated(settings: Settings) -> AsyncIterator[tuple[MigratedDatabase, Inside]]:
    with primary_and_standby() as pair:
        url = pair.primary.url
        await asyncio.to_thread(upgrade, url)
        with_replica = settings.model_copy(update={"database_replica_urls": (pair.standby.url,)})
        async with migrated(url) as database, running(with_replica, url) as inside:
            yield database, inside


@pytest.fixture
async def replicated_storage(_replicated: tuple[MigratedDatabase, Inside]) -> Storage:
    """Read from a standby, by whoever reads to decide nothing."""
    emptied, inside = _replicated
    await emptied.empty()
    forget_callers(inside)
    async with inside.replicated.transaction() as connection:
        # Until the standby has been emptied too.
        await connection.command("COMMIT")
    return _postgres_storage(inside)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "storage" in metafunc.fixturenames:
        kinds = ["memory", "postgres"]
        if metafunc.module.__name__.endswith("_reader"):
            kinds.append("replicated")
        metafunc.parametrize("storage", kinds, indirect=True)
    for apart in ("things", "exhibits"):
        if apart in metafunc.fixturenames:
            metafunc.parametrize(apart, ["memory", "postgres"], indirect=True)


@pytest.fixture
def storage(request: pytest.FixtureRequest) -> Storage:
    storage: Storage = request.getfixturevalue(f"{request.param}_storage")
    return storage


@pytest.fixture
def memory_things() -> Things:
    return MemoryThings()


@pytest.fixture
async def postgres_things(inside: Inside) -> AsyncIterator[Things]:
    async with things_in(inside) as things:
        yield things


@pytest.fixture
def things(request: pytest.FixtureRequest) -> Things:
    things: Things = request.getfixturevalue(f"{request.param}_things")
    return things


@pytest.fixture
def memory_exhibits() -> Exhibits:
    return MemoryExhibits()


@pytest.fixture
async def postgres_exhibits(inside: Inside) -> AsyncIterator[Exhibits]:
    async with exhibits_in(inside.database) as exhibits:
        yield exhibits


@pytest.fixture
def exhibits(request: pytest.FixtureRequest) -> Exhibits:
    exhibits: Exhibits = request.getfixturevalue(f"{request.param}_exhibits")
    return exhibits
