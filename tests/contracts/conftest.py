"""Every port's contract runs against every adapter of that port."""

import pytest

from adapters.memory.access import MemoryRoleReader
from adapters.memory.auth import MemoryCallerReader, MemoryCredentialsReader, MemorySessionReader
from adapters.memory.items import MemoryItemReader
from adapters.memory.unit_of_work import MemoryDatabase
from adapters.memory.users import MemoryUserReader
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


@pytest.fixture(params=["memory", "postgres"])
def storage(request: pytest.FixtureRequest) -> Storage:
    storage: Storage = request.getfixturevalue(f"{request.param}_storage")
    return storage
