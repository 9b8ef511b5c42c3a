"""Jobs in memory."""

from datetime import datetime

import attrs

from adapters.memory.tables import StoredJob, Tables
from application.jobs.payload import Payload
from domain.jobs import JobId


@attrs.frozen
class MemoryOutbox:
    tables: Tables

    async def add(self, payload: Payload, *, job_id: JobId, at: datetime) -> None:
        self.tables.jobs.add(StoredJob(id=job_id, payload=payload, run_at=at))
