"""`tessera items`."""

from collections.abc import AsyncIterator
from typing import Annotated

import attrs
import typer

from application.items.export_items import ExportItems, ExportItemsHandler
from application.items.import_items import FIELDS, ImportItems, ImportItemsHandler
from application.items.list_items import ListItems, ListItemsHandler
from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.paging import DEFAULT_LIMIT, Page, PageRequest
from application.rows import ImportResult, ReportBadRow, Rows
from domain.access import SYSTEM
from domain.items import ItemStatus
from domain.text import Json
from entrypoints import strict_json
from entrypoints.bootstrap.services import Services
from entrypoints.cli.options import (
    AsJson,
    CreatedFrom,
    CreatedTo,
    Cursor,
    Limit,
    Skip,
    Sort,
    UpdatedFrom,
)
from entrypoints.cli.output import show_page
from entrypoints.cli.session import user_named, with_services
from entrypoints.cli.transfers import export_command, import_command
from entrypoints.rows import Fields

app = typer.Typer(help="Items: list, import, export.", add_completion=False)

_COLUMNS = ("id", "title", "status", "owner_id", "created_at")


def _json_object(text: str) -> dict[str, Json]:
    try:
        value = strict_json.parse(text.encode(errors="surrogatepass"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise typer.BadParameter("must be a JSON object")
    return value


Words = Annotated[
    str | None, typer.Option("--q", help="Beginnings of words in title or description.")
]
Status = Annotated[ItemStatus | None, typer.Option(help="Only these.")]
Owner = Annotated[str | None, typer.Option(metavar="USER", help="An email, a username or an id.")]
Attributes = Annotated[
    dict[str, Json] | None,
    typer.Option(parser=_json_object, metavar="JSON", help="What the attributes must contain."),
]
Deleted = Annotated[bool, typer.Option("--deleted", help="The deleted ones instead.")]


@app.command("list")
def list_items(
    q: Words = None,
    status: Status = None,
    owner: Owner = None,
    created_from: CreatedFrom = None,
    created_to: CreatedTo = None,
    updated_from: UpdatedFrom = None,
    attributes: Attributes = None,
    deleted: Deleted = False,
    limit: Limit = DEFAULT_LIMIT,
    skip: Skip = 0,
    cursor: Cursor = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List items; sorts by created_at, updated_at, title and status."""
    page = PageRequest(limit=limit, skip=skip, cursor=cursor, sort=sort)
    chosen = ItemFilter(
        q=q,
        status=status,
        created_from=created_from,
        created_to=created_to,
        updated_from=updated_from,
        attributes=attributes,
        deleted=deleted,
    )

    async def work(services: Services) -> Page[ItemView]:
        command = ListItems(chosen=await _of_owner(services, chosen, owner), page=page)
        return await services[ListItemsHandler](command, SYSTEM)

    show_page(with_services(work), _COLUMNS, as_json=as_json)


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


@export_command(app, ItemView)
async def export_items(
    services: Services,
    q: Words = None,
    status: Status = None,
    owner: Owner = None,
    created_from: CreatedFrom = None,
    created_to: CreatedTo = None,
    updated_from: UpdatedFrom = None,
    attributes: Attributes = None,
    deleted: Deleted = False,
) -> AsyncIterator[ItemView]:
    """Export items, oldest first, to standard output or a file."""
    chosen = ItemFilter(
        q=q,
        status=status,
        created_from=created_from,
        created_to=created_to,
        updated_from=updated_from,
        attributes=attributes,
        deleted=deleted,
    )
    command = ExportItems(chosen=await _of_owner(services, chosen, owner))
    return services[ExportItemsHandler](command, SYSTEM)


async def _of_owner(services: Services, chosen: ItemFilter, owner: str | None) -> ItemFilter:
    if owner is None:
        return chosen
    return attrs.evolve(chosen, owner_id=(await user_named(services, owner)).id)
