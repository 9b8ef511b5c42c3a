"""The trail takes entries, whole and for good."""

import attrs

from domain.access import ANONYMOUS
from domain.audit import AuditEntry
from tests.builders import an_audit_entry
from tests.contracts.storage import Storage


async def everything(storage: Storage) -> list[AuditEntry]:
    async with storage.begin() as uow:
        return [entry async for entry in uow.audit_chain.entries()]


async def test_keeps_every_field(storage: Storage) -> None:
    full = an_audit_entry()
    bare = attrs.evolve(
        an_audit_entry(actor=ANONYMOUS), target_id=None, subject=None, address=None, details={}
    )

    async with storage.begin() as uow:
        await uow.audit.add(full)
        await uow.audit.add(bare)
        await uow.commit()

    assert await everything(storage) == [full, bare]


async def test_keeps_nothing_of_what_was_not_committed(storage: Storage) -> None:
    async with storage.begin() as uow:
        await uow.audit.add(an_audit_entry())

    assert await everything(storage) == []
