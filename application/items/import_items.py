"""Bring in items from a file: all of them, or none where any row is bad."""

from collections.abc import Sequence

import attrs

from application.clock import Clock, NewId
from application.rows import BadRow, ImportResult, ReportBadRow, Row, RowImport, Rows, begun
from application.unit_of_work import BeginUnitOfWork, UnitOfWork
from domain.access import Actor, Permission, UserId
from domain.errors import Invalid
from domain.items import Item, ItemId, ItemStatus

FIELDS = frozenset({"title", "description", "status", "attributes"})


@attrs.frozen(kw_only=True)
class ImportItems:
    rows: Rows
    report: ReportBadRow
    owner_id: UserId
    skips_bad_rows: bool = False
    """Store the others all the same."""


@attrs.frozen
class ImportItemsHandler:
    begin: BeginUnitOfWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: ImportItems, actor: Actor) -> ImportResult:
        actor.require(Permission.ITEMS_CREATE)
        if not actor.is_user(command.owner_id):
            actor.require(Permission.ITEMS_UPDATE)
        rows = await begun(command.rows)
        async with self.begin() as uow:
            batch = _Batch(self, uow, command.owner_id)
            result = await RowImport(
                batch.build, batch.store, command.report, skips=command.skips_bad_rows
            ).run(rows)
            if not result.is_refused:
                await uow.commit()
        return result


@attrs.frozen
class _Batch:
    handler: ImportItemsHandler
    uow: UnitOfWork
    owner_id: UserId

    def build(self, row: Row) -> Item:
        row.allow(FIELDS)
        now = self.handler.clock.now()
        return Item(
            id=ItemId(self.handler.new_id()),
            owner_id=self.owner_id,
            title=row.text("title"),
            description=row.optional_text("description"),
            status=_status(row),
            attributes=row.json_object("attributes"),
            created_at=now,
            updated_at=now,
        )

    async def store(self, batch: Sequence[tuple[int, Item]]) -> list[BadRow]:
        await self.uow.items.add_many([item for _, item in batch])
        return []


def _status(row: Row) -> ItemStatus:
    text = row.optional_text("status")
    try:
        return ItemStatus.DRAFT if text is None else ItemStatus(text)
    except ValueError:
        raise Invalid.field(
            "status", "unknown_status", f"must be one of {', '.join(ItemStatus)}"
        ) from None
