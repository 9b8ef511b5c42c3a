"""Events are kept for a day."""

from datetime import timedelta

from application.events.sweep_events import SweepEvents, SweepEventsHandler
from domain.jobs import Job, JobId
from tests.application.service import Service
from tests.builders import new_id
from tests.things import MemoryThings, Thing, add


async def test_forgets_what_happened_more_than_a_day_ago(
    service: Service, things: MemoryThings
) -> None:
    now = service.clock.now()
    old = Thing(updated_at=now - timedelta(days=1, seconds=1))
    young = Thing(updated_at=now - timedelta(hours=23))
    await add(things, old, young)
    job = Job(
        id=JobId(new_id()),
        kind=SweepEvents.kind,
        queue=SweepEvents.queue,
        created_at=now,
        due_at=now,
    )

    await service[SweepEventsHandler](SweepEvents(), job)

    assert [each.at for each in service.stored.events.scan()] == [young.updated_at]
