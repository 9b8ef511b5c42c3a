"""What the trail needs from outside."""

from typing import Protocol

from domain.audit import AuditEntry


class AuditTrail(Protocol):
    """Takes entries and gives none back: nothing in the trail is ever changed."""

    async def add(self, entry: AuditEntry) -> None: ...
