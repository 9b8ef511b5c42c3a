"""What the trail needs from outside."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from application.audit.listing import AuditFilter
from application.audit.views import AuditView
from application.paging import Slice, Window
from domain.access import UserId
from domain.audit import AuditEntry, AuditHead


class AuditTrail(Protocol):
    """Takes entries; nobody changes one."""

    async def add(self, entry: AuditEntry) -> None: ...


class AuditChain(Protocol):
    """Whole entries, for sealing, verifying and erasing: what little ever happens to one."""

    async def take_turn(self) -> bool:
        """Keep everyone else from sealing until the unit of work ends; False where somebody has
        the turn already."""
        ...

    async def head(self) -> AuditHead | None: ...

    async def unsealed(self, *, before: datetime, limit: int) -> Sequence[AuditEntry]:
        """The oldest of those that occurred before."""
        ...

    async def seal(self, entries: Sequence[AuditEntry], head: AuditHead) -> None:
        """Keep the place of each, which must have none yet, and the head in place of the one
        before."""
        ...

    def entries(self) -> AsyncIterator[AuditEntry]:
        """All, in the order of the chain, then those that are not sealed; in constant memory."""
        ...

    async def about(self, users: frozenset[UserId], *, limit: int) -> Sequence[AuditEntry]:
        """Entries that still name one of the accounts, by whom or to whom."""
        ...

    async def erase(self, entries: Sequence[AuditEntry]) -> None:
        """Keep these, from which parts are erased, in place of the whole ones."""
        ...


class AuditReader(Protocol):
    """Entries, for showing."""

    async def page(self, chosen: AuditFilter, window: Window) -> Slice[AuditView]: ...


class RefusalQuota(Protocol):
    """Keeps whoever is refused again and again from filling the trail."""

    def take(self, user_id: UserId | None, *, at: datetime) -> int | None:
        """How many refusals were left out since one was recorded; None where this one is, too."""
        ...


class AuditSigner(Protocol):
    """Signs by a key that the database does not hold."""

    def salt(self) -> bytes:
        """Bytes that nobody can guess."""
        ...

    def sign(self, statement: bytes) -> bytes: ...

    def has_signed(self, statement: bytes, signature: bytes) -> bool:
        """Also by the key before this one, where there is one."""
        ...
