"""Kept answers in memory."""

from datetime import datetime
from operator import attrgetter

import attrs

from adapters.memory.tables import Committed, Tables
from domain.idempotency import AnswerId, IdempotencyKeyInUse, KeptAnswer


@attrs.frozen
class MemoryKeptAnswerRepository:
    tables: Tables

    async def add(self, answer: KeptAnswer) -> None:
        if self.tables.kept_answers.find(answer.id) is not None:
            raise IdempotencyKeyInUse
        self.tables.kept_answers.add(answer)

    async def sweep(self, *, before: datetime, limit: int) -> int:
        oldest = sorted(self.tables.kept_answers.scan(), key=attrgetter("created_at"))[:limit]
        gone = [each.id for each in oldest if each.created_at < before]
        for answer_id in gone:
            self.tables.kept_answers.remove(answer_id)
        return len(gone)


@attrs.frozen
class MemoryKeptAnswerReader:
    database: Committed

    async def find(self, answer_id: AnswerId) -> KeptAnswer | None:
        return self.database.tables.kept_answers.find(answer_id)
