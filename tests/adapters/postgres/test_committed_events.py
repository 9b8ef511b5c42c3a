"""What one process commits, the others hear of."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import asyncpg
import attrs

from adapters.postgres.committed_events import CHANNEL, CommittedEvents
from adapters.postgres.connection import Database
from tests.adapters.postgres.watching import until
from tests.builders import new_id


@attrs.frozen
class Keeping:
    dropped: set[UUID] = attrs.field(factory=set)
    forgotten: set[UUID] = attrs.field(factory=set)

    async def drop(self, ids: Collection[UUID]) -> None:
        self.dropped.update(ids)

    def forget(self, ids: Collection[UUID]) -> None:
        self.forgotten.update(ids)


async def test_they_forget_what_has_changed_however_much_and_look_at_what_happened(
    database: Database, quiet_url: str
) -> None:
    kept, kept_elsewhere = Keeping(), Keeping()
    here, elsewhere = CommittedEvents(new_id, [kept]), CommittedEvents(new_id, [kept_elsewhere])
    changed = {new_id() for _ in range(1000)}
    listener = await asyncpg.connect(quiet_url)

    def hear(*notification: object) -> None:
        for each in (here, elsewhere):
            each.hear(str(notification[-1]))

    async def all_is_forgotten() -> bool:
        return kept_elsewhere.forgotten == changed

    await listener.add_listener(CHANNEL, hear)
    telling = asyncio.create_task(here.keep_telling(database, every=0.01))
    looking = asyncio.create_task(elsewhere.wait("things"))

    here.announce({"things"})
    await here.drop(changed)
    await until(all_is_forgotten)
    await asyncio.wait_for(looking, 2)

    telling.cancel()
    await listener.close()
    assert (kept.dropped, kept.forgotten, kept_elsewhere.dropped) == (changed, set(), set())
