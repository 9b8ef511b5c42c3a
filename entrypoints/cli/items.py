"""`tessera items`."""

from collections.abc import AsyncIterator
from typing import Annotated

import typer

from application.items.export_items import ExportItems, ExportItemsHandler
from application.items.import_items import FIELDS, ImportItems, ImportItemsHandler
from application.items.list_items import ListItems, ListItemsHandler
from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.paging import Page, PageRequest
from application.rows import ImportResult, ReportBadRow, Rows
from domain.access import SYSTEM
from domain.items import ItemStatus
from entrypoints.bootstrap.services import Services
from entrypoints.cli.declaring import list_command
from entrypoints.cli.options import Containing, Deleted, FromTime, Only, OwnedBy, ToTime
from entrypoints.cli.session import id_named, user_named
from entrypoints.cli.transfers import export_command, import_command
from entrypoints.rows import Fields

app = typer.Typer(help="Items: list, import, export.", add_completion=False)

_COLUMNS = ("id", "title", "status", "owner_id", "created_at")


Words = Annotated[
    str | None, typer.Option("--q", help="Beginnings of words in title or description.")
]


async def _chosen(
    services: Services,
    q: Words = None,
    status: Only[ItemStatus] = None,
    owner: OwnedBy = None,
    created_from: FromTime = None,
    created_to: ToTime = None,
    updated_from: FromTime = None,
    attributes: Containing = None,
    deleted: Deleted = False,
) -> ItemFilter:
    return ItemFilter(
        q=q,
        status=status,
        owner_id=await id_named(services, owner),
        created_from=created_from,
        created_to=created_to,
        updated_from=updated_from,
        attributes=attributes,
        deleted=deleted,
    )


@list_command(app, _COLUMNS, _chosen)
async def list_items(services: Services, chosen: ItemFilter, page: PageRequest) -> Page[ItemView]:
    """List items; sorts by created_at, updated_at, title and status."""
    return await services[ListItemsHandler](ListItems(chosen=chosen, page=page), SYSTEM)


@import_command(app, Fields.of(ItemView, known=FIELDS, required="title"))
async def import_items(
    services: Services,
    rows: Rows,
    report: ReportBadRow,
    owner: Annotated[
        str,
        typer.Option(
            metavar="USER",
            help="Whose they become: an email, a username or an id.",
            show_default=False,
        ),
    ],
) -> ImportResult:
    """Import items: all of them, or none where any row is bad.

    A row has title, and perhaps description, status and attributes (a JSON object). What else an
    export has is passed over.
    """
    found = await user_named(services, owner)
    command = ImportItems(rows=rows, report=report, owner_id=found.id)
    return await services[ImportItemsHandler](command, SYSTEM)


@export_command(app, ItemView, _chosen)
async def export_items(services: Services, chosen: ItemFilter) -> AsyncIterator[ItemView]:
    """Export items, oldest first, to standard output or a file."""
    return services[ExportItemsHandler](ExportItems(chosen=chosen), SYSTEM)
