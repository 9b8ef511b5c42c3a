"""Forget what was answered longer ago than a day."""

from typing import ClassVar

import attrs

from application.clock import Clock
from application.jobs.payload import Payload
from application.sweeping import sweep_in_parts
from application.unit_of_work import BeginUnitOfWork
from domain.idempotency import KEPT_FOR
from domain.jobs import Job

AT_ONCE = 1000


@attrs.frozen
class SweepKeptAnswers(Payload):
    kind: ClassVar[str] = "idempotency.sweep_answers"
    queue: ClassVar[str] = "default"


@attrs.frozen
class SweepKeptAnswersHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, _payload: SweepKeptAnswers, _job: Job) -> None:
        before = self.clock.now() - KEPT_FOR
        await sweep_in_parts(
            self.begin,
            lambda uow: uow.kept_answers.sweep(before=before, limit=AT_ONCE),
            at_once=AT_ONCE,
        )
