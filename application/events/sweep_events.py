"""Forget what happened longer ago than a day."""

from datetime import timedelta
from typing import ClassVar

import attrs

from application.clock import Clock
from application.jobs.payload import Payload
from application.sweeping import sweep_in_parts
from application.unit_of_work import BeginUnitOfWork
from domain.jobs import Job

KEPT_FOR = timedelta(days=1)
AT_ONCE = 5000


@attrs.frozen
class SweepEvents(Payload):
    kind: ClassVar[str] = "events.sweep"
    queue: ClassVar[str] = "default"


@attrs.frozen
class SweepEventsHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, _payload: SweepEvents, _job: Job) -> None:
        before = self.clock.now() - KEPT_FOR
        await sweep_in_parts(
            self.begin,
            lambda uow: uow.events.sweep(before=before, limit=AT_ONCE),
            at_once=AT_ONCE,
        )
