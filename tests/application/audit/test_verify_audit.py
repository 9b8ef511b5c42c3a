"""Sealing the trail, and finding what somebody did to it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import attrs
import pytest

from adapters.memory.audit import PlainAuditSigner
from application.audit.ports import AuditSigner
from application.audit.seal_audit import AuditSealed, SealAuditHandler
from application.audit.verify_audit import (
    AuditFlaw,
    AuditVerified,
    FlawKind,
    VerifyAudit,
    VerifyAuditHandler,
)
from domain.access import ANONYMOUS, SYSTEM, Actor, ApiKeyId, UserId
from domain.audit import AuditEntry, AuditHead, AuditTrailBroken, Part, SecurityEvent
from domain.errors import DomainError
from tests.application.service import Service
from tests.builders import an_actor, an_audit_entry, new_id, signer

MINUTE = timedelta(minutes=1)
PARTS = ("actor", "target", "both")
ANN = UserId(new_id())


@pytest.fixture
def audited(service: Service) -> Service:
    service.use(AuditSigner, signer)
    return service


async def add(service: Service, *entries: AuditEntry) -> None:
    async with service.database() as uow:
        for entry in entries:
            await uow.audit.add(entry)
        await uow.commit()


async def a_trail(service: Service, length: int = 5) -> list[AuditEntry]:
    """Sealed entries, in the order of the chain."""
    now = service.clock.now()
    await add(service, *(an_audit_entry(at=now - MINUTE) for _ in range(length)))
    await seal(service)
    async with service.database() as uow:
        return [entry async for entry in uow.audit_chain.entries()]


async def seal(service: Service) -> AuditSealed:
    return await service[SealAuditHandler](SYSTEM)


async def verify(
    service: Service, known: tuple[int, str] | None = None
) -> tuple[AuditVerified, list[AuditFlaw]]:
    flaws: list[AuditFlaw] = []
    command = VerifyAudit(report=flaws.append, known=known)
    verified = await service[VerifyAuditHandler](command, SYSTEM)
    assert verified.flaws == len(flaws)
    return verified, flaws


async def flaws_of(service: Service) -> list[tuple[FlawKind, int | None]]:
    return [(flaw.kind, flaw.sequence) for flaw in (await verify(service))[1]]


def put(service: Service, *entries: AuditEntry) -> None:
    """As whoever may write into the database, and asks no trigger."""
    take_out(service, *entries)
    for entry in entries:
        service.stored.audit.add(entry)


def take_out(service: Service, *entries: AuditEntry) -> None:
    for entry in entries:
        service.stored.audit.remove(entry.id)


def put_head(service: Service, head: AuditHead | None) -> None:
    service.stored.audit_head.remove(True)
    if head is not None:
        service.stored.audit_head.add(head)


def head_of(service: Service) -> AuditHead:
    head = service.stored.audit_head.find(True)
    assert head is not None
    return head


async def test_an_empty_trail_is_whole(audited: Service) -> None:
    verified, flaws = await verify(audited)

    assert (verified.sealed, verified.unsealed, verified.seal, flaws) == (0, 0, None, [])
    assert await seal(audited) == AuditSealed(sealed=0, sequence=0, seal=None)


async def test_a_trail_that_nobody_touched_is_whole(audited: Service) -> None:
    trail = await a_trail(audited)
    await add(audited, an_audit_entry(at=audited.clock.now()))

    verified, flaws = await verify(audited)

    assert flaws == []
    assert (verified.sealed, verified.unsealed, verified.sequence) == (5, 1, 5)
    assert verified.seal == head_of(audited).seal.hex()
    assert [entry.sequence for entry in trail] == [1, 2, 3, 4, 5]


async def test_sealing_goes_on_where_it_ended(audited: Service) -> None:
    await a_trail(audited, 2)
    late = an_audit_entry(at=audited.clock.now() - 10 * MINUTE)
    await add(audited, late)

    sealed = await seal(audited)

    assert (sealed.sealed, sealed.sequence) == (1, 3)
    assert (await verify(audited))[1] == []


async def test_what_is_only_just_written_waits(audited: Service) -> None:
    await add(audited, an_audit_entry(at=audited.clock.now() - timedelta(seconds=5)))

    assert (await seal(audited)).sealed == 0
    audited.clock.advance(timedelta(seconds=6))
    assert (await seal(audited)).sealed == 1


async def test_more_than_a_batch_is_sealed_at_once(
    audited: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.audit.seal_audit.BATCH", 3)

    trail = await a_trail(audited, 7)

    assert [entry.sequence for entry in trail] == [1, 2, 3, 4, 5, 6, 7]
    assert (await verify(audited))[1] == []


Change = Callable[[AuditEntry], AuditEntry]
CHANGES: Mapping[str, Change] = {
    "event": lambda entry: attrs.evolve(entry, event=SecurityEvent.SIGNED_OUT),
    "unknown event": lambda entry: attrs.evolve(entry, event="nonsense"),
    "time": lambda entry: attrs.evolve(entry, occurred_at=entry.occurred_at + MINUTE),
    "actor kind": lambda entry: attrs.evolve(entry, actor_kind="system"),
    "actor": lambda entry: attrs.evolve(entry, actor_id=ANN),
    "no actor": lambda entry: attrs.evolve(entry, actor_id=None),
    "key": lambda entry: attrs.evolve(entry, api_key_id=ApiKeyId(new_id())),
    "target": lambda entry: attrs.evolve(entry, target_id=ANN),
    "subject": lambda entry: attrs.evolve(entry, subject=None),
    "address": lambda entry: attrs.evolve(entry, address="198.51.100.7"),
    "user agent": lambda entry: attrs.evolve(entry, user_agent="curl"),
    "request": lambda entry: attrs.evolve(entry, request_id="r-2"),
    "details": lambda entry: attrs.evolve(entry, details={"roles": ["admin"]}),
    "digest": lambda entry: attrs.evolve(entry, actor_digest=b"\0" * 32),
    "signature": lambda entry: attrs.evolve(entry, signature=b"\0" * 32),
    "erasure of nothing": lambda entry: attrs.evolve(entry, erasure=b"\0" * 32),
    # Whoever would hide who did it can't sign for the service that it was to be.
    "forged erasure": lambda entry: entry.without(
        frozenset({Part.ACTOR}), PlainAuditSigner(b"a thief").sign
    ),
    "unsigned erasure": lambda entry: attrs.evolve(
        entry.without(frozenset(Part), signer.sign), erasure=None
    ),
    "more erased than signed for": lambda entry: attrs.evolve(
        entry.without(frozenset(Part), signer.sign),
        erasure=entry.without(frozenset({Part.TARGET}), signer.sign).erasure,
    ),
    "filled in again": lambda entry: attrs.evolve(
        entry.without(frozenset(Part), signer.sign), actor_id=ANN
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("place", [0, 2, 4])
async def test_a_change_is_found_and_named(audited: Service, change: str, place: int) -> None:
    trail = await a_trail(audited)
    put(audited, CHANGES[change](trail[place]))

    _, flaws = await verify(audited)

    assert [(flaw.kind, flaw.sequence, flaw.entry_id) for flaw in flaws] == [
        (FlawKind.CHANGED, place + 1, trail[place].id)
    ]


async def test_a_change_before_the_sealing_is_found_too(audited: Service) -> None:
    entry = an_audit_entry(at=audited.clock.now())
    await add(audited, attrs.evolve(entry, address="198.51.100.7"))

    assert await flaws_of(audited) == [(FlawKind.CHANGED, None)]


async def test_what_the_service_did_not_write_is_found(audited: Service) -> None:
    await a_trail(audited)
    forged = an_audit_entry(at=audited.clock.now())
    thief = PlainAuditSigner(b"a thief")
    await add(audited, attrs.evolve(forged, signature=thief.sign(forged.statement)))

    assert await flaws_of(audited) == [(FlawKind.CHANGED, None)]


async def test_what_was_put_into_the_chain_is_found(audited: Service) -> None:
    trail = await a_trail(audited)
    put(audited, *(attrs.evolve(each, sequence=number) for number, each in enumerate(trail[2:], 4)))
    put_in = an_audit_entry(at=trail[1].occurred_at)
    await add(audited, attrs.evolve(put_in, sequence=3, seal=b"\0" * 32))

    found = await flaws_of(audited)

    assert (FlawKind.MOVED, 3) in found
    assert (FlawKind.HEAD, None) in found


@pytest.mark.parametrize("places", [[0], [2], [1, 2], [0, 1, 3]], ids=str)
async def test_what_is_missing_is_found(audited: Service, places: list[int]) -> None:
    trail = await a_trail(audited)
    take_out(audited, *(trail[place] for place in places))

    _, flaws = await verify(audited)

    assert {flaw.kind for flaw in flaws} == {FlawKind.MISSING}
    named = " ".join(flaw.detail for flaw in flaws)
    assert all(str(place + 1) in named for place in places if place - 1 not in places)


async def test_a_trail_cut_off_at_its_end_is_found(audited: Service) -> None:
    trail = await a_trail(audited)
    take_out(audited, *trail[3:])

    _, flaws = await verify(audited)

    assert [(flaw.kind, flaw.detail) for flaw in flaws] == [(FlawKind.MISSING, "4 to 5 missing")]


async def test_a_head_that_was_made_to_fit_is_found(audited: Service) -> None:
    trail = await a_trail(audited)
    take_out(audited, *trail[3:])
    thief = PlainAuditSigner(b"a thief")
    put_head(audited, AuditHead.at(3, trail[2].seal or b"", thief.sign))

    assert await flaws_of(audited) == [(FlawKind.HEAD, None)]


async def test_a_head_that_is_gone_is_found(audited: Service) -> None:
    await a_trail(audited)
    put_head(audited, None)

    assert await flaws_of(audited) == [(FlawKind.HEAD, None)]


async def test_a_whole_trail_put_back_to_an_earlier_day_is_found_by_who_knows_a_later(
    audited: Service,
) -> None:
    trail = await a_trail(audited, 3)
    earlier = head_of(audited)
    more = await a_trail(audited, 2)
    later = head_of(audited)
    known = (later.sequence, later.seal.hex())
    assert (await verify(audited, known))[1] == []
    take_out(audited, *(entry for entry in more if entry not in trail))
    put_head(audited, earlier)

    assert (await verify(audited))[1] == []
    [flaw] = (await verify(audited, known))[1]
    assert flaw.detail == "the chain does not hold the known seal of 5"
    assert (await verify(audited, (earlier.sequence, earlier.seal.hex())))[1] == []


async def test_entries_that_changed_places_are_found(audited: Service) -> None:
    trail = await a_trail(audited)
    second, fourth = trail[1], trail[3]
    put(
        audited,
        attrs.evolve(second, sequence=fourth.sequence, seal=fourth.seal),
        attrs.evolve(fourth, sequence=second.sequence, seal=second.seal),
    )

    assert await flaws_of(audited) == [(FlawKind.MOVED, 2), (FlawKind.MOVED, 4)]


async def test_an_entry_before_the_first_is_found(audited: Service) -> None:
    await a_trail(audited, 2)
    await add(audited, attrs.evolve(an_audit_entry(), sequence=-3, seal=b"\0"))

    assert (FlawKind.MOVED, -3) in await flaws_of(audited)


@pytest.mark.parametrize("parts", [{Part.ACTOR}, {Part.TARGET}, {*Part}], ids=PARTS)
async def test_erasing_leaves_the_trail_whole(audited: Service, parts: set[Part]) -> None:
    trail = await a_trail(audited)
    waiting = an_audit_entry(at=audited.clock.now())
    await add(audited, waiting)

    put(audited, *(each.without(frozenset(parts), signer.sign) for each in (*trail[1:3], waiting)))

    assert (await verify(audited))[1] == []
    audited.clock.advance(MINUTE)
    await seal(audited)
    assert (await verify(audited))[1] == []
    put(audited, attrs.evolve(trail[3], subject="another"))
    assert await flaws_of(audited) == [(FlawKind.CHANGED, 4)]


def test_nothing_of_an_erased_part_is_left() -> None:
    entry = an_audit_entry()
    left = entry.without(frozenset(Part), signer.sign)

    assert left.erased == {*Part}
    shown = repr(attrs.asdict(left))
    for gone in (entry.actor_id, entry.target_id, entry.address, entry.user_agent):
        assert str(gone) not in shown
    assert (left.id, left.event, left.occurred_at) == (entry.id, entry.event, entry.occurred_at)


def test_whose_parts_go_with_an_account() -> None:
    users = frozenset({ANN})
    by_ann = an_audit_entry(actor=an_actor(user_id=ANN))
    assert by_ann.parts_about(users) == {Part.ACTOR}
    assert an_audit_entry(target_id=ANN).parts_about(users) == {Part.TARGET}
    assert an_audit_entry(target_id=ANN, actor=SYSTEM).parts_about(users) == {Part.TARGET}
    assert an_audit_entry(target_id=ANN, actor=ANONYMOUS).parts_about(users) == {*Part}
    assert an_audit_entry(actor=ANONYMOUS).parts_about(users) == frozenset()


async def test_nothing_is_sealed_behind_a_head_that_is_not_ours(audited: Service) -> None:
    await a_trail(audited, 2)
    put_head(audited, attrs.evolve(head_of(audited), sequence=1))

    with pytest.raises(AuditTrailBroken):
        await seal(audited)


async def test_a_trail_outlives_a_change_of_the_key(audited: Service) -> None:
    await a_trail(audited, 2)
    audited.use(AuditSigner, PlainAuditSigner(b"the next", previous=signer.name))
    entry = an_audit_entry(at=audited.clock.now() - MINUTE)
    await add(audited, entry)
    await seal(audited)

    assert (await verify(audited))[1] == []
    audited.use(AuditSigner, PlainAuditSigner(b"another's"))
    assert (await verify(audited))[0].flaws > 2


@pytest.mark.parametrize("actor", [ANONYMOUS, an_actor()], ids=["stranger", "user"])
async def test_only_an_operator_seals_and_verifies(audited: Service, actor: Actor) -> None:
    with pytest.raises(DomainError):
        await audited[SealAuditHandler](actor)
    with pytest.raises(DomainError):
        await audited[VerifyAuditHandler](VerifyAudit(report=print), actor)
