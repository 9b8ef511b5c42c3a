"""Events are kept for a day."""

from datetime import timedelta

from application.events.sweep_events import SweepEvents, SweepEventsHandler
from domain.jobs import Job, JobId
from tests.application.service import Service
from tests.builders import a_user, new_id
from tests.builders.items import an_item


async def test_forgets_what_happened_more_than_a_day_ago(service: Service) -> None:
    now = service.clock.now()
    await service.add(ann := a_user())
    old = an_item(owner_id=ann.id, updated_at=now - timedelta(days=1, seconds=1))
    young = an_item(owner_id=ann.id, updated_at=now - timedelta(hours=23))
    await service.add(old, young)
    job = Job(
        id=JobId(new_id()),
        kind=SweepEvents.kind,
        queue=SweepEvents.queue,
        created_at=now,
        due_at=now,
    )

    await service[SweepEventsHandler](SweepEvents(), job)

    assert [each.at for each in service.stored.events.scan()] == [young.updated_at]
