"""Events are kept for a day."""

from datetime import timedelta

from application.items.sweep_item_events import SweepItemEvents, SweepItemEventsHandler
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
        kind=SweepItemEvents.kind,
        queue=SweepItemEvents.queue,
        created_at=now,
        due_at=now,
    )

    await service[SweepItemEventsHandler](SweepItemEvents(), job)

    assert [each.event.item.id for each in service.stored.item_events.scan()] == [young.id]
