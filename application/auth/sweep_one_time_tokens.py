"""Forget the tokens whose time is over."""

from typing import ClassVar

import attrs

from application.clock import Clock
from application.jobs.payload import Payload
from application.unit_of_work import BeginUnitOfWork
from domain.jobs import Job


@attrs.frozen
class SweepOneTimeTokens(Payload):
    kind: ClassVar[str] = "auth.sweep_one_time_tokens"
    queue: ClassVar[str] = "default"


@attrs.frozen
class SweepOneTimeTokensHandler:
    begin: BeginUnitOfWork
    clock: Clock

    async def __call__(self, _payload: SweepOneTimeTokens, _job: Job) -> None:
        async with self.begin() as uow:
            await uow.one_time_tokens.sweep(before=self.clock.now())
            await uow.commit()
