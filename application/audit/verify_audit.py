"""Read the whole trail, and tell what somebody changed, took out, put in or moved."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

import attrs

from application.audit.ports import AuditSigner
from application.unit_of_work import BeginUnitOfWork
from domain.access import Actor
from domain.audit import BEFORE_THE_FIRST, AuditEntry, AuditEntryId, AuditHead
from domain.errors import Unavailable


class FlawKind(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    MOVED = "moved"
    HEAD = "head"


@attrs.frozen(kw_only=True)
class AuditFlaw:
    """One thing that is wrong with the trail."""

    kind: FlawKind
    detail: str
    sequence: int | None = None
    entry_id: AuditEntryId | None = None


ReportFlaw: TypeAlias = Callable[[AuditFlaw], None]


@attrs.frozen(kw_only=True)
class VerifyAudit:
    report: ReportFlaw
    known: tuple[int, str] | None = None
    """Where the chain is known to have been, by its number and seal in hexadecimal digits: noted
    where whoever writes into the database does not write."""


@attrs.frozen(kw_only=True)
class AuditVerified:
    sealed: int
    unsealed: int
    flaws: int
    sequence: int
    seal: str | None


@attrs.frozen
class VerifyAuditHandler:
    begin: BeginUnitOfWork
    signer: AuditSigner

    async def __call__(self, command: VerifyAudit, actor: Actor) -> AuditVerified:
        actor.require_superuser("Only an operator verifies the trail.")
        async with self.begin() as uow:
            # Nobody seals meanwhile, so that the head is that of the entries.
            if not await uow.audit_chain.take_turn():
                raise Unavailable("The trail is being sealed at this moment. Try again.")
            verification = _Verification(self.signer, command)
            head = await uow.audit_chain.head()
            async for entry in uow.audit_chain.entries():
                verification.read(entry)
            return verification.end(head)


@attrs.define
class _Verification:
    signer: AuditSigner
    command: VerifyAudit
    last: tuple[int, bytes | None] = (BEFORE_THE_FIRST.sequence, BEFORE_THE_FIRST.seal)
    """The sequence and the seal of the entry read last."""
    sealed: int = 0
    unsealed: int = 0
    flaws: int = 0
    known_is_met: bool = False

    def read(self, entry: AuditEntry) -> None:
        if entry.sequence is None:
            self.unsealed += 1
            if not entry.is_authentic(self.signer.has_signed):
                self._changed(entry)
            return
        self.sealed += 1
        sequence, seal_before = self.last
        if entry.sequence > sequence + 1:
            self._missing(sequence + 1, entry.sequence - 1)
            seal_before = None
        self._meet_known(entry)
        if not entry.is_authentic(self.signer.has_signed):
            self._changed(entry)
        elif not self._is_in_place(entry, seal_before):
            self._flaw(
                FlawKind.MOVED, "does not stand behind the entry that it was sealed behind", entry
            )
        self.last = (entry.sequence, entry.seal)

    def end(self, head: AuditHead | None) -> AuditVerified:
        sequence, seal = self.last
        recorded = head or BEFORE_THE_FIRST
        if head is not None and not self.signer.has_signed(head.statement, head.signature):
            self._flaw(FlawKind.HEAD, "the head of the chain is not what the service recorded")
        elif recorded.sequence > sequence:
            self._missing(sequence + 1, recorded.sequence)
        elif (recorded.sequence, recorded.seal) != (sequence, seal):
            self._flaw(
                FlawKind.HEAD, f"the chain goes to {sequence}, its head says {recorded.sequence}"
            )
        if self.command.known is not None and not self.known_is_met:
            known, _ = self.command.known
            self._flaw(FlawKind.HEAD, f"the chain does not hold the known seal of {known}")
        return AuditVerified(
            sealed=self.sealed,
            unsealed=self.unsealed,
            flaws=self.flaws,
            sequence=sequence,
            seal=seal.hex() if seal else None,
        )

    def _is_in_place(self, entry: AuditEntry, seal_before: bytes | None) -> bool:
        if entry.sequence is None or entry.seal is None or entry.sequence <= self.last[0]:
            return False
        if seal_before is None:
            # Behind a gap, which is told of, there is nothing to hold it against.
            return True
        statement = entry.place_statement(entry.sequence, seal_before)
        return self.signer.has_signed(statement, entry.seal)

    def _meet_known(self, entry: AuditEntry) -> None:
        if entry.seal is not None and (entry.sequence, entry.seal.hex()) == self.command.known:
            self.known_is_met = True

    def _changed(self, entry: AuditEntry) -> None:
        self._flaw(FlawKind.CHANGED, "was changed, or never written by the service", entry)

    def _missing(self, first: int, last: int) -> None:
        named = f"{first}" if first == last else f"{first} to {last}"
        self._flaw(FlawKind.MISSING, f"{named} missing")

    def _flaw(self, kind: FlawKind, detail: str, entry: AuditEntry | None = None) -> None:
        self.flaws += 1
        self.command.report(
            AuditFlaw(
                kind=kind,
                detail=detail,
                sequence=None if entry is None else entry.sequence,
                entry_id=None if entry is None else entry.id,
            )
        )
