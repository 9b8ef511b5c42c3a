"""The trail, in memory."""

import attrs

from adapters.memory.tables import Tables
from domain.audit import AuditEntry


@attrs.frozen
class MemoryAuditTrail:
    tables: Tables

    async def add(self, entry: AuditEntry) -> None:
        self.tables.audit.add(entry)
