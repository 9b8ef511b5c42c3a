"""Leave in the outbox what a schedule says is due."""

from collections.abc import Callable, Sequence

import attrs

from application.clock import Clock, NewId
from application.jobs.payload import Payload
from application.unit_of_work import BeginUnitOfWork
from domain.jobs import JobId
from domain.schedules import Timetable


@attrs.frozen(kw_only=True)
class Schedule:
    """Something that happens again and again, once for all processes together."""

    name: str
    """Names it for good, as a kind does a job."""
    timetable: Timetable
    payload: Callable[[], Payload]


@attrs.frozen
class Schedules:
    """All there are."""

    each: Sequence[Schedule] = ()


@attrs.frozen
class PlanSchedules:
    """Every process asks this every few seconds; what is due is left in the outbox by one of them,
    in the transaction that says when it is due next."""

    begin: BeginUnitOfWork
    schedules: Schedules
    clock: Clock
    new_id: NewId

    async def __call__(self) -> None:
        now = self.clock.now()
        by_name = {schedule.name: schedule for schedule in self.schedules.each}
        planned = {name: each.timetable.next_after(now) for name, each in by_name.items()}
        async with self.begin() as uow:
            for name in sorted(await uow.schedules.claim_due(planned, at=now)):
                payload = by_name[name].payload()
                await uow.outbox.add(payload, job_id=JobId(self.new_id()), at=now)
            await uow.commit()
