"""Jobs as they are shown: never with what they are about, which may be somebody's."""

from datetime import datetime

import attrs

from domain.jobs import Job, JobId, JobState


@attrs.frozen(kw_only=True)
class JobView:
    id: JobId
    kind: str
    queue: str
    priority: int
    state: JobState = attrs.field(converter=JobState)
    attempts: int
    created_at: datetime
    due_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    last_error: str | None
    request_id: str | None

    @classmethod
    def of(cls, job: Job) -> "JobView":
        return cls(**{field.name: getattr(job, field.name) for field in attrs.fields(cls)})


@attrs.frozen(kw_only=True)
class QueueView:
    """How it stands with a queue at one moment."""

    queue: str
    due: int
    """That may be begun, and are not."""
    delayed: int
    """For later, such as for another attempt."""
    running: int
    failing: int
    """Of these three, those whose last attempt failed."""
    dead: int
    age_seconds: float
    """How long the one that has waited longest could have been begun; 0 where none is due."""
