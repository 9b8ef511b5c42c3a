"""Things that can be followed, where the use cases are."""

import pytest

from application.events.ports import EventReader
from tests.application.service import Service
from tests.things import MemoryThings, ThingView


@pytest.fixture
def things(service: Service) -> MemoryThings:
    things = MemoryThings(service.database)
    service.use(EventReader[ThingView], things.reader)
    return things
