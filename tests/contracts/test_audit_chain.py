"""Whole entries of the trail: sealed once, erased for good, and otherwise left as they are."""

import asyncio
from datetime import timedelta

import attrs
import pytest

from domain.access import ANONYMOUS, SYSTEM, UserId
from domain.audit import AuditEntry, AuditHead, AuditTrailBroken, Part
from tests.builders import CREATED, an_actor, an_audit_entry, new_id, signer
from tests.contracts.storage import Storage

MINUTE = timedelta(minutes=1)
PARTS = ("actor", "target", "both")
HEAD = AuditHead.at(2, b"\x02\xff", signer.sign)


async def add(storage: Storage, *entries: AuditEntry) -> None:
    async with storage.begin() as uow:
        for entry in entries:
            await uow.audit.add(entry)
        await uow.commit()


async def everything(storage: Storage) -> list[AuditEntry]:
    async with storage.begin() as uow:
        return [entry async for entry in uow.audit_chain.entries()]


def in_place(entry: AuditEntry, sequence: int) -> AuditEntry:
    return attrs.evolve(entry, sequence=sequence, seal=bytes([sequence, 255]))


async def test_a_chain_begins_without_a_head(storage: Storage) -> None:
    async with storage.begin() as uow:
        assert await uow.audit_chain.head() is None


async def test_keeps_places_and_the_head(storage: Storage) -> None:
    entries = [an_audit_entry(), an_audit_entry()]
    await add(storage, *entries)
    sealed = [in_place(entry, number) for number, entry in enumerate(entries, 1)]

    async with storage.begin() as uow:
        await uow.audit_chain.seal(sealed[:1], AuditHead.at(1, b"\x01", signer.sign))
        await uow.audit_chain.seal(sealed[1:], HEAD)
        await uow.commit()

    assert await everything(storage) == sealed
    async with storage.begin() as uow:
        assert await uow.audit_chain.head() == HEAD


async def test_finds_the_oldest_that_are_not_sealed(storage: Storage) -> None:
    entries = [an_audit_entry(at=CREATED + number * MINUTE) for number in range(4)]
    await add(storage, *reversed(entries))
    async with storage.begin() as uow:
        await uow.audit_chain.seal([in_place(entries[0], 1)], HEAD)
        await uow.commit()

    async with storage.begin() as uow:
        before = CREATED + 3 * MINUTE
        assert await uow.audit_chain.unsealed(before=before, limit=9) == entries[1:3]
        assert await uow.audit_chain.unsealed(before=before, limit=1) == entries[1:2]


async def test_shows_the_chain_in_its_order_and_the_unsealed_behind(storage: Storage) -> None:
    first, second, third = an_audit_entry(), an_audit_entry(), an_audit_entry()
    await add(storage, first, second, third)
    async with storage.begin() as uow:
        await uow.audit_chain.seal([in_place(second, 2), in_place(third, 1)], HEAD)
        await uow.commit()

    assert [entry.id for entry in await everything(storage)] == [third.id, second.id, first.id]


async def test_one_at_a_time_has_the_turn(storage: Storage) -> None:
    async def take_turn() -> bool:
        async with storage.begin() as uow:
            return await uow.audit_chain.take_turn()

    async with storage.begin() as uow:
        assert await uow.audit_chain.take_turn()
        other = asyncio.create_task(take_turn())
        # In memory the other can't even begin; in PostgreSQL it is told.
        await asyncio.wait([other], timeout=0.2)
        had_it_too = other.done() and other.result()
    await other
    assert not had_it_too
    assert await take_turn()


async def test_finds_who_is_still_named(storage: Storage) -> None:
    ann, bob = UserId(new_id()), UserId(new_id())
    to_ann = an_audit_entry(target_id=ann, actor=ANONYMOUS)
    by_ann = an_audit_entry(actor=an_actor(user_id=ann))
    to_bob = an_audit_entry(target_id=bob, actor=SYSTEM)
    await add(storage, to_ann, by_ann, to_bob, an_audit_entry())

    async with storage.begin() as uow:
        about = uow.audit_chain.about
        assert await about(frozenset({ann}), limit=9) == [to_ann, by_ann]
        assert await about(frozenset({ann, bob}), limit=9) == [to_ann, by_ann, to_bob]
        assert await about(frozenset({ann}), limit=1) == [to_ann]
        assert await about(frozenset({UserId(new_id())}), limit=9) == []


@pytest.mark.parametrize("parts", [{Part.ACTOR}, {Part.TARGET}, {*Part}], ids=PARTS)
async def test_keeps_what_is_left_of_an_erased_entry(storage: Storage, parts: set[Part]) -> None:
    entry = an_audit_entry()
    await add(storage, entry)
    left = entry.without(frozenset(parts), signer.sign)

    async with storage.begin() as uow:
        await uow.audit_chain.erase([left])
        await uow.commit()

    assert await everything(storage) == [left]


async def test_nobody_is_sealed_twice_into_one_place(storage: Storage) -> None:
    first, second = an_audit_entry(), an_audit_entry()
    await add(storage, first, second)
    async with storage.begin() as uow:
        await uow.audit_chain.seal([in_place(first, 1)], HEAD)
        await uow.commit()

    with pytest.raises(AuditTrailBroken):
        async with storage.begin() as uow:
            await uow.audit_chain.seal([in_place(second, 1)], HEAD)
