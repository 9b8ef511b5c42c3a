"""The trail, in memory."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import count

import attrs

from adapters.memory.filtering import is_chosen_by
from adapters.memory.paging import page_of
from adapters.memory.tables import Committed, Tables
from application.audit.listing import AuditFilter
from application.audit.views import AuditView
from application.paging import Slice, Window
from domain.access import UserId
from domain.audit import AuditEntry, AuditHead


@attrs.frozen
class MemoryAuditTrail:
    tables: Tables

    async def add(self, entry: AuditEntry) -> None:
        self.tables.audit.add(entry)


@attrs.frozen
class MemoryAuditChain:
    """A transaction is alone here, so that it is always its turn."""

    tables: Tables

    async def take_turn(self) -> bool:
        return True

    async def head(self) -> AuditHead | None:
        return self.tables.audit_head.find(True)  # noqa: FBT003 - the one row there is

    async def unsealed(self, *, before: datetime, limit: int) -> Sequence[AuditEntry]:
        waiting = [
            entry
            for entry in self.tables.audit.scan()
            if entry.sequence is None and entry.occurred_at < before
        ]
        return sorted(waiting, key=lambda entry: entry.id)[:limit]

    async def seal(self, entries: Sequence[AuditEntry], head: AuditHead) -> None:
        for entry in entries:
            self.tables.audit.replace(entry)
        if await self.head() is not None:
            self.tables.audit_head.remove(True)
        self.tables.audit_head.add(head)

    async def entries(self) -> AsyncIterator[AuditEntry]:
        entries = list(self.tables.audit.scan())
        for entry in sorted(entries, key=lambda each: (each.sequence or len(entries) + 1, each.id)):
            yield entry

    async def about(self, users: frozenset[UserId], *, limit: int) -> Sequence[AuditEntry]:
        named = [entry for entry in self.tables.audit.scan() if entry.parts_about(users)]
        return sorted(named, key=lambda entry: entry.id)[:limit]

    async def erase(self, entries: Sequence[AuditEntry]) -> None:
        for entry in entries:
            self.tables.audit.replace(entry)


@attrs.frozen
class MemoryAuditReader:
    database: Committed

    async def page(self, chosen: AuditFilter, window: Window) -> Slice[AuditView]:
        entries = filter(is_chosen_by(chosen), self.database.tables.audit.scan())
        return page_of(map(AuditView.of, entries), window)


@attrs.frozen
class PlainAuditSigner:
    """Signs by a name that anyone may know, and counts its salts."""

    name: bytes = b"the tests"
    previous: bytes | None = None
    _numbers: "count[int]" = attrs.field(factory=lambda: count(1))

    def salt(self) -> bytes:
        return next(self._numbers).to_bytes(16, "big")

    def sign(self, statement: bytes) -> bytes:
        return hashlib.sha256(self.name + statement).digest()

    def has_signed(self, statement: bytes, signature: bytes) -> bool:
        names = [self.name] if self.previous is None else [self.name, self.previous]
        return any(
            hmac.compare_digest(hashlib.sha256(name + statement).digest(), signature)
            for name in names
        )
