"""What a job is about."""

from datetime import datetime
from typing import ClassVar

import attrs

from application import correlation
from domain.jobs import Job, JobId


@attrs.frozen
class Payload:
    """The kinds of job derive from this. None holds a plaintext secret, for all are stored."""

    kind: ClassVar[str]
    """Names the class for good, whatever it is renamed to: it is what is stored."""
    queue: ClassVar[str]
    priority: ClassVar[int] = 0
    """Of two that are due, the higher is begun first."""

    def as_job(self, job_id: JobId, *, at: datetime) -> Job:
        """One that is due at once, and asked for by the request that is being served, if any."""
        return Job(
            id=job_id,
            kind=self.kind,
            queue=self.queue,
            priority=self.priority,
            request_id=correlation.request_id.get(),
            trace_parent=correlation.trace_parent.get(),
            created_at=at,
            due_at=at,
        )


@attrs.frozen
class Unreadable:
    """In the place of a payload that can't be made out: of a kind that nobody handles here, or not
    of the shape that its kind has."""

    reason: str
