"""What leaving work for later needs from outside, and doing it then."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import attrs

from application.jobs.listing import JobFilter
from application.jobs.payload import Payload, Unreadable
from application.jobs.views import JobView, QueueView
from application.paging import Slice, Window
from domain.jobs import Job, JobId, JobState, Lease


class Outbox(Protocol):
    """Jobs that begin to exist when their transaction commits, and not otherwise."""

    async def add(self, payload: Payload, *, job_id: JobId, at: datetime) -> None:
        """Run at least once, as soon as possible from `at` on."""
        ...


class JobRepository(Protocol):
    """Whole jobs, for changing. Lives inside a unit of work."""

    async def get(self, job_id: JobId) -> Job:
        """Locked until the unit of work ends; raise `JobNotFound`."""
        ...

    async def save(self, job: Job) -> None: ...

    async def remove_ended(
        self, states: Collection[JobState], *, before: datetime, limit: int
    ) -> int:
        """Forget at most `limit` that ended before; answer how many."""
        ...


class ScheduleClaims(Protocol):
    """When each schedule is due next, the same for all processes. Lives inside a unit of work."""

    async def claim_due(self, planned: Mapping[str, datetime], *, at: datetime) -> frozenset[str]:
        """Of the schedules by name, those that are due, each for one caller alone; these are next
        due as planned. One that was never heard of is due as planned for the first time."""
        ...


@attrs.frozen
class Claimed:
    """A job that is the caller's to run until its lease ends."""

    job: Job
    payload: Payload | Unreadable


class JobQueue(Protocol):
    """Hands jobs out, each to one caller at a time."""

    async def claim(
        self, limit: int, *, at: datetime, lease: Lease, queues: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        """At most `limit` that are due, of these queues or of all: by priority, then the one that
        waited longest. Also those that were handed over."""
        ...

    async def claim_one(self, job_id: JobId, *, at: datetime, lease: Lease) -> Claimed | None:
        """This one if it is due. None where somebody else runs it, where it has ended or was
        discarded, and where its next attempt is for later."""
        ...

    async def hand_over(
        self, queue: str, limit: int, *, at: datetime, lease: Lease
    ) -> Sequence[JobId]:
        """Those that `claim` would give, left as they are, for others to claim one by one. None of
        them is handed over again before the lease ends, or before it was claimed meanwhile."""
        ...

    async def renew(self, jobs: Collection[Job], *, until: datetime) -> None:
        """Put off the end of their leases, where they are still the caller's."""
        ...

    async def settle(self, job: Job) -> bool:
        """Write what came of an attempt. False where the job is no longer the caller's, because
        its lease ended and somebody else claimed it."""
        ...


class JobDispatcher(Protocol):
    """Tells workers elsewhere of jobs that are theirs to claim. It may lose what it is told."""

    async def depth(self, queue: str) -> int:
        """How many there are of which no worker has heard yet; raise `Unavailable`."""
        ...

    async def send(self, queue: str, jobs: Sequence[JobId]) -> None:
        """In their order. Raise `Unavailable`, and then some may have been sent and some not."""
        ...


class JobSignal(Protocol):
    """Tells that there may be something to claim."""

    async def wait(self) -> None:
        """Until something was left in the outbox since this was last waited for, by whichever
        process. May also return for nothing, and does not promise to hear of everything."""
        ...


class JobReader(Protocol):
    """Jobs, for showing."""

    async def get(self, job_id: JobId) -> JobView:
        """Raise `JobNotFound`."""
        ...

    async def page(self, chosen: JobFilter, window: Window) -> Slice[JobView]: ...

    async def queues(self, *, at: datetime) -> Sequence[QueueView]:
        """Those in which there is something to be done or to be looked at, by name."""
        ...


class Jitter(Protocol):
    """Chance, where many would otherwise do the same thing at the same moment."""

    def __call__(self, longest: timedelta) -> timedelta:
        """Anything from nothing to `longest`, each as likely."""
        ...
