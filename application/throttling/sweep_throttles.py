"""Forget the counts that no longer matter."""

from typing import ClassVar

import attrs

from application.clock import Clock
from application.jobs.payload import Payload
from application.throttling.ports import ThrottleCounters
from domain.jobs import Job


@attrs.frozen
class SweepThrottles(Payload):
    kind: ClassVar[str] = "throttling.sweep"
    queue: ClassVar[str] = "default"


@attrs.frozen
class SweepThrottlesHandler:
    counters: ThrottleCounters
    clock: Clock

    async def __call__(self, _payload: SweepThrottles, _job: Job) -> None:
        await self.counters.sweep(at=self.clock.now())
