"""Jobs that nobody but a test has."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import attrs

from application.jobs.payload import Payload
from application.unit_of_work import BeginUnitOfWork
from domain.jobs import Job, JobId
from domain.one_time_tokens import TokenPurpose
from tests.builders import new_id


@attrs.frozen(kw_only=True)
class Tool:
    name: str
    purpose: TokenPurpose


@attrs.frozen(kw_only=True)
class Chore(Payload):
    kind: ClassVar[str] = "tests.chore"
    queue: ClassVar[str] = "chores"

    name: str = "dishes"
    room_id: UUID | None = None
    notes: Mapping[str, str] = attrs.field(factory=dict)
    tool: Tool | None = None


@attrs.frozen(kw_only=True)
class UrgentChore(Chore):
    kind: ClassVar[str] = "tests.urgent_chore"
    priority: ClassVar[int] = 5


CHORES: tuple[type[Payload], ...] = (Chore, UrgentChore)


@attrs.define
class DoChore:
    """Keeps what it was asked to do; fails, or takes its time, as it is told."""

    done: list[str] = attrs.field(factory=list)
    failures: list[BaseException] = attrs.field(factory=list)
    may_end: asyncio.Event = attrs.field(factory=asyncio.Event)
    begun: int = 0

    def __attrs_post_init__(self) -> None:
        self.may_end.set()

    async def __call__(self, chore: Chore, _job: Job) -> None:
        self.begun += 1
        await self.may_end.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.done.append(chore.name)


async def leave(begin: BeginUnitOfWork, payload: Payload, *, at: datetime) -> JobId:
    """In the outbox, as a use case does."""
    job_id = JobId(new_id())
    async with begin() as uow:
        await uow.outbox.add(payload, job_id=job_id, at=at)
        await uow.commit()
    return job_id
