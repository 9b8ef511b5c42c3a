"""Entries of the trail, for showing."""

from datetime import timedelta

import pytest

from application.audit.listing import AuditFilter
from application.audit.views import AuditView
from application.paging import Slice, Window
from domain.access import ANONYMOUS, UserId
from domain.audit import AuditEntry, SecurityEvent
from tests.builders import CREATED, an_actor, an_audit_entry, new_id
from tests.contracts.storage import Storage
from tests.contracts.windows import a_window, walk

HOUR = timedelta(hours=1)
ANN, BOB = UserId(new_id()), UserId(new_id())


async def add(storage: Storage, *entries: AuditEntry) -> None:
    async with storage.begin() as uow:
        for entry in entries:
            await uow.audit.add(entry)
        await uow.commit()


async def test_shows_every_field(storage: Storage) -> None:
    full, bare = an_audit_entry(), an_audit_entry(actor=ANONYMOUS)
    await add(storage, full, bare)

    page = await storage.audit.page(AuditFilter(), a_window("occurred_at"))

    assert list(page.rows) == [AuditView.of(full), AuditView.of(bare)]
    assert (page.total, page.has_more) == (2, False)


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (AuditFilter(), [0, 1, 2]),
        (AuditFilter(event=SecurityEvent.SIGNED_IN), [1]),
        (AuditFilter(event=SecurityEvent.SIGNED_OUT), []),
        (AuditFilter(actor_id=ANN), [0]),
        (AuditFilter(target_id=BOB), [0, 2]),
        (AuditFilter(occurred_from=CREATED + HOUR), [1, 2]),
        (AuditFilter(occurred_to=CREATED + 2 * HOUR), [0, 1]),
        (AuditFilter(target_id=BOB, occurred_from=CREATED + HOUR), [2]),
    ],
)
async def test_shows_what_is_chosen(
    storage: Storage, chosen: AuditFilter, numbers: list[int]
) -> None:
    entries = [
        an_audit_entry(actor=an_actor(user_id=ANN), target_id=BOB),
        an_audit_entry(SecurityEvent.SIGNED_IN, at=CREATED + HOUR),
        an_audit_entry(actor=ANONYMOUS, target_id=BOB, at=CREATED + 2 * HOUR),
    ]
    await add(storage, *entries)

    page = await storage.audit.page(chosen, a_window("occurred_at"))

    assert [row.id for row in page.rows] == [entries[number].id for number in numbers]


async def test_pages(storage: Storage) -> None:
    entries = [an_audit_entry(at=CREATED + HOUR * (number % 3)) for number in range(7)]
    await add(storage, *entries)

    async def page(window: Window) -> Slice[AuditView]:
        return await storage.audit.page(AuditFilter(), window)

    for limit in (1, 3, 7, 8):
        walked = await walk(page, "-occurred_at", limit=limit)
        assert [row.id for rows in walked for row in rows] == [
            entry.id for entry in sorted(entries, key=lambda e: (e.occurred_at, e.id), reverse=True)
        ]
