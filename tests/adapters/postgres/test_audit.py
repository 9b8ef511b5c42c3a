"""What PostgreSQL itself keeps anyone from doing to the trail."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from application.audit.seal_audit import SealAuditHandler
from application.unit_of_work import BeginUnitOfWork
from domain.audit import AuditEntry, Part
from entrypoints.bootstrap.running import Inside
from tests.builders import an_audit_entry, signer


@pytest.fixture
def begin(inside: Inside) -> BeginUnitOfWork:
    return inside.services[SealAuditHandler].begin


@pytest.fixture
async def entry(begin: BeginUnitOfWork) -> AuditEntry:
    entry = an_audit_entry()
    async with begin() as uow:
        await uow.audit.add(entry)
        await uow.commit()
    return entry


@pytest.fixture
async def connection(
    database_url: str,
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Of the service's own role, past the service."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit SET id = gen_random_uuid()",
        "UPDATE audit SET occurred_at = now()",
        "UPDATE audit SET event = 'signed_out'",
        "UPDATE audit SET actor_kind = 'system'",
        "UPDATE audit SET actor_id = gen_random_uuid()",
        "UPDATE audit SET actor_id = NULL",
        "UPDATE audit SET address = NULL, user_agent = NULL",
        "UPDATE audit SET target_id = NULL",
        "UPDATE audit SET subject = 'another'",
        "UPDATE audit SET details = '{}'",
        "UPDATE audit SET request_id = 'r-2'",
        "UPDATE audit SET actor_salt = NULL",
        "UPDATE audit SET actor_digest = ''",
        "UPDATE audit SET target_digest = ''",
        "UPDATE audit SET signature = ''",
        "UPDATE audit SET erasure = ''",
        "UPDATE audit SET sequence = 1",
        "UPDATE audit SET seal = ''",
        "UPDATE audit SET target_id = NULL, subject = NULL, target_salt = NULL",
    ],
)
async def test_the_trail_is_append_only(
    connection: "asyncpg.Connection[asyncpg.Record]", entry: AuditEntry, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await connection.execute(statement)


async def test_an_entry_is_sealed_once(
    connection: "asyncpg.Connection[asyncpg.Record]", entry: AuditEntry
) -> None:
    await connection.execute("UPDATE audit SET sequence = 1, seal = '\\x01'")

    for again in ("sequence = 2", "seal = '\\x02'", "sequence = NULL, seal = NULL"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"UPDATE audit SET {again}")  # noqa: S608 - of our own


async def test_what_is_erased_stays_so(
    begin: BeginUnitOfWork,
    connection: "asyncpg.Connection[asyncpg.Record]",
    entry: AuditEntry,
) -> None:
    async with begin() as uow:
        await uow.audit_chain.erase([entry.without(frozenset(Part), signer.sign)])
        await uow.commit()

    for again in ("subject = 'another'", "actor_salt = '\\x01'", "erasure = NULL"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"UPDATE audit SET {again}")  # noqa: S608 - of our own


async def test_one_part_may_be_erased_after_the_other(
    begin: BeginUnitOfWork, entry: AuditEntry
) -> None:
    left = entry.without(frozenset({Part.ACTOR}), signer.sign)
    nothing_left = left.without(frozenset({Part.TARGET}), signer.sign)

    async with begin() as uow:
        await uow.audit_chain.erase([left])
        await uow.audit_chain.erase([nothing_left])
        await uow.commit()

    async with begin() as uow:
        assert [each async for each in uow.audit_chain.entries()] == [nothing_left]
