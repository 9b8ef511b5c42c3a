"""What answering once asks of the outside."""

from datetime import datetime
from typing import Protocol

from domain.idempotency import AnswerId, KeptAnswer


class KeptAnswerRepository(Protocol):
    """Lives inside a unit of work, so that an answer is kept if and only if its effect is."""

    async def add(self, answer: KeptAnswer) -> None:
        """Raise `IdempotencyKeyInUse` where there is one by now."""
        ...

    async def sweep(self, *, before: datetime, limit: int) -> int:
        """Forget at most so many of those made before; answer how many."""
        ...


class KeptAnswerReader(Protocol):
    """Never behind what is committed, for what it does not find is done again."""

    async def find(self, answer_id: AnswerId) -> KeptAnswer | None: ...
