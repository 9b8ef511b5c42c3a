"""Put new entries of the trail into its chain, a batch at a time.

A chain that grew with each entry would let one writer in at a time (design D8).
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

import attrs

from application.audit.ports import AuditSigner
from application.clock import Clock
from application.jobs.payload import Payload
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from domain.access import Actor
from domain.audit import BEFORE_THE_FIRST, AuditEntry, AuditHead, AuditTrailBroken

_log = logging.getLogger(__name__)

BATCH = 1000
DELAY = timedelta(seconds=10)
"""Older than this, an entry's transaction has most likely committed, so that the order of the chain
is that of time. One that commits later still gets the next place."""


@attrs.frozen
class SealAudit(Payload):
    kind: ClassVar[str] = "audit.seal"
    queue: ClassVar[str] = "default"


@attrs.frozen(kw_only=True)
class AuditSealed:
    """How many entries were sealed, and where the chain ends now."""

    sealed: int
    sequence: int
    seal: str | None
    """In hexadecimal digits."""


@attrs.frozen
class SealAuditHandler:
    begin: BeginUnitOfWork
    signer: AuditSigner
    clock: Clock

    async def __call__(self, actor: Actor) -> AuditSealed:
        """Raise `AuditTrailBroken` rather than go on from a head that is not ours."""
        actor.require_superuser("Only the service seals the trail.")
        sealed = 0
        head: AuditHead | None = None
        while True:
            async with self.begin() as uow:
                if not await uow.audit_chain.take_turn():
                    break
                head = await self._checked_head(uow)
                entries = await uow.audit_chain.unsealed(
                    before=self.clock.now() - DELAY, limit=BATCH
                )
                if not entries:
                    break
                chained, head = self._chained(entries, head)
                await uow.audit_chain.seal(chained, head)
                await uow.commit()
            sealed += len(chained)
            # Whoever keeps the logs elsewhere keeps with them what the chain must still hold.
            _log.info("audit trail sealed up to %d, %s", head.sequence, head.seal.hex())
        return AuditSealed(
            sealed=sealed,
            sequence=0 if head is None else head.sequence,
            seal=head.seal.hex() if head is not None and head.seal else None,
        )

    def _chained(
        self, entries: Sequence[AuditEntry], head: AuditHead
    ) -> tuple[list[AuditEntry], AuditHead]:
        sequence, seal = head.sequence, head.seal
        chained = []
        for entry in entries:
            sequence += 1
            seal = self.signer.sign(entry.place_statement(sequence, seal))
            chained.append(attrs.evolve(entry, sequence=sequence, seal=seal))
        return chained, AuditHead.at(sequence, seal, self.signer.sign)

    async def _checked_head(self, uow: UnitOfWork) -> AuditHead:
        head = await uow.audit_chain.head()
        if head is None:
            return BEFORE_THE_FIRST
        if not self.signer.has_signed(head.statement, head.signature):
            raise AuditTrailBroken
        return head
