"""Work that outlives the request that asked for it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

import attrs

from domain.errors import Conflict, NotFound

JobId = NewType("JobId", UUID)

MAX_ATTEMPTS = 25
"""With delays that double from a second to ten minutes: over an hour of a mail server's absence."""
LONGEST_LEASE = timedelta(seconds=30)
_SHORTEST_DELAY = timedelta(seconds=1)
_LONGEST_DELAY = timedelta(minutes=10)
MAX_ERROR_LENGTH = 500


class JobNotFound(NotFound):
    """There is no such job; those that have finished are removed after some days."""

    code = "job_not_found"
    title = "No such job"


class JobNotWaiting(Conflict):
    """The job is being run, or has come to its end already."""

    code = "job_not_waiting"
    title = "The job is not waiting"


class JobFinished(Conflict):
    """The job has done its work or was discarded, and what it was about is no longer kept."""

    code = "job_finished"
    title = "The job has finished"


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    DEAD = "dead"
    """Has failed for good, and stays for somebody to look at it."""
    DISCARDED = "discarded"

    @property
    def is_open(self) -> bool:
        return self in _OPEN


_OPEN = frozenset({JobState.WAITING, JobState.RUNNING})


@attrs.frozen
class Lease:
    """How long whoever claims a job has it to themselves, unless they renew."""

    duration: timedelta = attrs.field(
        default=timedelta(seconds=20), validator=attrs.validators.le(LONGEST_LEASE)
    )

    @property
    def renewal(self) -> timedelta:
        """Early enough that one renewal may fail."""
        return self.duration / 3


@attrs.define(kw_only=True)
class Job:
    """Run at least once, unless it is discarded; what it does must bear being done again."""

    id: JobId = attrs.field(on_setattr=attrs.setters.frozen)
    kind: str = attrs.field(on_setattr=attrs.setters.frozen)
    queue: str = attrs.field(on_setattr=attrs.setters.frozen)
    priority: int = attrs.field(default=0, on_setattr=attrs.setters.frozen)
    """Of two that are due, the higher is begun first."""
    request_id: str | None = attrs.field(default=None, on_setattr=attrs.setters.frozen)
    """Of the request that left it, or whose job did."""
    trace_parent: str | None = attrs.field(default=None, on_setattr=attrs.setters.frozen)
    """Of what left it, where that was traced (W3C Trace Context §3.2)."""
    state: JobState = attrs.field(default=JobState.WAITING, converter=JobState)
    created_at: datetime = attrs.field(on_setattr=attrs.setters.frozen)
    due_at: datetime
    """When it may be begun; while it runs, when its lease ends and somebody else may."""
    attempts: int = 0
    """How often it was begun."""
    started_at: datetime | None = None
    """When its last attempt was begun; also tells that attempt from every other."""
    ended_at: datetime | None = None
    last_error: str | None = None

    @property
    def keeps_payload(self) -> bool:
        """What it is about is kept for as long as it may still be run."""
        return self.state not in {JobState.FINISHED, JobState.DISCARDED}

    @property
    def is_worn_out(self) -> bool:
        """Whoever ran it last time ended with it, and that was its last attempt."""
        return self.attempts > MAX_ATTEMPTS

    @property
    def longest_delay(self) -> timedelta:
        """Until the next attempt. Doubles with each, and the true delay is anything up to it: what
        failed together should not come back together."""
        doublings = min(self.attempts - 1, 20)
        return min(_SHORTEST_DELAY * (1 << doublings), _LONGEST_DELAY)

    def is_due(self, at: datetime) -> bool:
        return self.state.is_open and self.due_at <= at

    def claim(self, *, at: datetime, lease: Lease) -> None:
        if not self.is_due(at):
            raise JobNotWaiting
        self.state = JobState.RUNNING
        self.attempts += 1
        self.started_at = at
        self.due_at = at + lease.duration

    def succeed(self, *, at: datetime) -> None:
        self._end(JobState.FINISHED, at)
        self.last_error = None

    def fail(self, error: str, *, at: datetime, delay: timedelta) -> None:
        """Try again after the delay, or never after the last attempt."""
        if self.attempts >= MAX_ATTEMPTS:
            self.die(error, at=at)
            return
        self.last_error = error[:MAX_ERROR_LENGTH]
        self.state = JobState.WAITING
        self.due_at = at + delay

    def die(self, error: str, *, at: datetime) -> None:
        self._end(JobState.DEAD, at)
        self.last_error = error[:MAX_ERROR_LENGTH]

    def release(self, *, at: datetime) -> None:
        """Give it back undone; that was no attempt."""
        self.state = JobState.WAITING
        self.attempts -= 1
        self.due_at = at

    def retry(self, *, at: datetime) -> None:
        """As if it had never been tried; a waiting one at once."""
        if self.state is JobState.RUNNING:
            raise JobNotWaiting("The job is being run.")
        if not self.keeps_payload:
            raise JobFinished
        self.state = JobState.WAITING
        self.attempts = 0
        self.due_at = at
        self.ended_at = None

    def discard(self, *, at: datetime) -> None:
        """Never run it again."""
        if self.state not in {JobState.WAITING, JobState.DEAD}:
            raise JobNotWaiting
        self._end(JobState.DISCARDED, at)

    def _end(self, state: JobState, at: datetime) -> None:
        self.state = state
        self.ended_at = at
