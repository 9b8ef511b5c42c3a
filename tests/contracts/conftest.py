"""Every port's contract runs against every adapter of that port."""

import pytest

from adapters.memory.access import MemoryRoleReader
from adapters.memory.auth import MemoryCallerReader, MemoryCredentialsReader, MemorySessionReader
from adapters.memory.items import MemoryItemReader
from adapters.memory.unit_of_work import MemoryDatabase
from adapters.memory.users import MemoryUserReader
from adapters.postgres.access import PostgresRoleReader
from adapters.postgres.auth import PostgresSessionReader
from adapters.postgres.items import PostgresItemReader
from adapters.postgres.users import PostgresCredentialsReader, PostgresUserReader
from application.auth.authenticate import AuthenticateHandler
from application.users.register_user import RegisterUserHandler
from entrypoints.bootstrap import Tessera
from tests.contracts.storage import Storage


@pytest.fixture
def memory_storage() -> Storage:
    database = MemoryDatabase()
    return Storage(
        begin=database,
        items=MemoryItemReader(database),
        users=MemoryUserReader(database),
        roles=MemoryRoleReader(database),
        sessions=MemorySessionReader(database),
        credentials=MemoryCredentialsReader(database),
        callers=MemoryCallerReader(database),
    )


@pytest.fixture
def postgres_storage(tessera: Tessera) -> Storage:
    """As the service itself has it, with callers remembered until something changes."""
    database = tessera.database
    return Storage(
        begin=tessera.services[RegisterUserHandler].begin,
        items=PostgresItemReader(database),
        users=PostgresUserReader(database),
        roles=PostgresRoleReader(database),
        sessions=PostgresSessionReader(database),
        credentials=PostgresCredentialsReader(database),
        callers=tessera.services[AuthenticateHandler].callers,
    )


@pytest.fixture(params=["memory", "postgres"])
def storage(request: pytest.FixtureRequest) -> Storage:
    storage: Storage = request.getfixturevalue(f"{request.param}_storage")
    return storage
