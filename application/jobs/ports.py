"""What use cases need to leave work for later."""

from datetime import datetime
from typing import Protocol

from application.jobs.payload import Payload
from domain.jobs import JobId


class Outbox(Protocol):
    """Jobs that begin to exist when their transaction commits, and not otherwise."""

    async def add(self, payload: Payload, *, job_id: JobId, at: datetime) -> None:
        """Run once, as soon as possible from `at` on."""
        ...
