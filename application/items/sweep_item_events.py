"""Forget what happened to items longer ago than a day."""

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
class SweepItemEvents(Payload):
    kind: ClassVar[str] = "items.sweep_events"
    queue: ClassVar[str] = "default"


@attrs.frozen
class SweepItemEventsHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, _payload: SweepItemEvents, _job: Job) -> None:
        before = self.clock.now() - KEPT_FOR
        await sweep_in_parts(
            self.begin,
            lambda uow: uow.items.sweep_events(before=before, limit=AT_ONCE),
            at_once=AT_ONCE,
        )
