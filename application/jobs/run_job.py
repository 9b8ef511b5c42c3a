"""Run a job that was claimed, and write down what came of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeAlias, TypeVar

import attrs

from application import correlation
from application.clock import Clock
from application.jobs.failure import Permanent, described
from application.jobs.payload import Payload, Unreadable
from application.jobs.ports import Claimed, Jitter, JobQueue
from application.outage import Outage
from domain.errors import Conflict, Unavailable
from domain.jobs import Job

_log = logging.getLogger(__name__)

TIME_LIMIT = timedelta(minutes=10)
"""What takes longer hangs."""
_BETWEEN_ATTEMPTS_TO_SETTLE = timedelta(seconds=0.25)

About = TypeVar("About", bound=Payload)
Handle: TypeAlias = Callable[[Payload, Job], Awaitable[None]]


def handling(
    kind: type[About], handler: Callable[[About, Job], Awaitable[None]]
) -> tuple[type[Payload], Handle]:
    """A kind of payload and the handler for it, and for no other."""

    async def handle(payload: Payload, job: Job) -> None:
        if not isinstance(payload, kind):
            raise TypeError(f"{kind.__name__} was to be handled, not {type(payload).__name__}")
        await handler(payload, job)

    return kind, handle


@attrs.frozen
class JobHandlers:
    """Which handler each kind of payload has."""

    by_payload: Mapping[type[Payload], Handle]

    @classmethod
    def of(cls, *handled: tuple[type[Payload], Handle]) -> "JobHandlers":
        by_payload = dict(handled)
        if len(by_payload) < len(handled):
            raise TypeError("a kind of job has two handlers")
        return cls(by_payload)


@attrs.frozen
class RunJob:
    """Once, with every outcome written down. Where it is cancelled the job is given back."""

    queue: JobQueue
    handlers: JobHandlers
    clock: Clock
    jitter: Jitter
    time_limit: timedelta = TIME_LIMIT
    _outage: Outage = attrs.field(
        factory=lambda: Outage(_log, "what came of jobs can't be written down"), init=False
    )

    async def __call__(self, claimed: Claimed) -> None:
        job = claimed.job
        correlation.request_id.set(job.request_id)
        correlation.trace_parent.set(job.trace_parent)
        try:
            await self._attempt(job, claimed.payload)
        except asyncio.CancelledError:
            await self._release(job)
            raise
        await self._settle(job)

    async def _attempt(self, job: Job, payload: Payload | Unreadable) -> None:
        if isinstance(payload, Unreadable):
            self._give_up(job, f"unreadable: {payload.reason}")
            return
        if job.is_worn_out:
            self._give_up(job, "Whatever ran it did not live to tell.")
            return
        try:
            async with asyncio.timeout(self.time_limit.total_seconds()):
                await self.handlers.by_payload[type(payload)](payload, job)
        except Permanent as error:
            self._give_up(job, described(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is kept with the job
            now = self.clock.now()
            job.fail(described(error), at=now, delay=self.jitter(job.longest_delay))
            _log.debug("%s %s failed", job.kind, job.id, exc_info=True)
        else:
            job.succeed(at=self.clock.now())

    def _give_up(self, job: Job, error: str) -> None:
        job.die(error, at=self.clock.now())

    async def _release(self, job: Job) -> None:
        """Tried once: where it does not work, the lease ends by itself."""
        job.release(at=self.clock.now())
        try:
            await self.queue.settle(job)
        except (Conflict, Unavailable) as error:
            _log.warning("%s %s can't be given back: %s", job.kind, job.id, error.detail)

    async def _settle(self, job: Job) -> None:
        """As long as it takes: a mail that was sent must not be sent again, only because the
        database was away when that was to be written down."""
        while True:
            try:
                if not await self.queue.settle(job):
                    _log.warning("%s %s was taken over by somebody else", job.kind, job.id)
            except (Conflict, Unavailable) as error:
                self._outage.is_met(error.detail)
                # All that were under way come back, but not all in the same moment.
                pause = _BETWEEN_ATTEMPTS_TO_SETTLE
                await asyncio.sleep((pause + self.jitter(pause)).total_seconds())
            else:
                self._outage.is_over()
                return
