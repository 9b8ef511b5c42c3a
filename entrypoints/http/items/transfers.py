"""Items by the file: taken along, and brought in."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from enum import StrEnum
from typing import Annotated

from fastapi import Query as InQuery
from fastapi import Request, Response
from pydantic import Field

from application.items.export_items import ExportItems, ExportItemsHandler
from application.items.import_items import FIELDS, ImportItems, ImportItemsHandler
from application.items.listing import ItemFilter
from application.items.views import ItemView
from application.rows import (
    MOST_BAD_ROWS_NAMED,
    BadRow,
    ImportResult,
    ReportBadRow,
    Row,
)
from application.transfers import Transfers
from domain.access import Actor, Permission, PermissionDenied
from entrypoints.exports import encoded
from entrypoints.http.endpoint import content_type
from entrypoints.http.items.imported import ImportRejected, import_answer
from entrypoints.http.items.multipart import MULTIPART, sent_file
from entrypoints.http.items.shapes import ItemFilterQuery
from entrypoints.http.items.spooling import spooled
from entrypoints.http.problem_shapes import ProblemField
from entrypoints.http.problems import UnsupportedMediaType
from entrypoints.http.routing import API_V1_STR, MAKES_MANY, declared, needs, own_or, router_of
from entrypoints.http.schemas import Query, Shape
from entrypoints.http.streams import exported, gone, lasts, limits_of, while_there
from entrypoints.http.wiring import CurrentActor, Inject
from entrypoints.rows import Fields, Format, read_rows

router = router_of("items", prefix=f"{API_V1_STR}/items")

_FIELDS = Fields.of(ItemView, known=FIELDS, required="title")
_CSV = "text/csv"
_NDJSON = "application/x-ndjson"
_MEDIA_TYPE_OF = {Format.CSV: f"{_CSV}; charset=utf-8", Format.NDJSON: _NDJSON}
_FORMAT_OF = {
    _CSV: Format.CSV,
    _NDJSON: Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
}
_TEXT = {"schema": {"type": "string"}}
_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
    "additionalProperties": False,
}


class ExportQuery(ItemFilterQuery):
    format: Format = Field(default=Format.NDJSON, description="A line or a row for each item.")


class OnError(StrEnum):
    REFUSE = "refuse"
    SKIP = "skip"


class ImportQuery(Query):
    format: Format | None = Field(
        default=None, description="Where neither media type nor file name tell it."
    )
    on_error: OnError = Field(
        default=OnError.REFUSE, description="Whether the other rows are stored where some are bad."
    )


class ImportShape(Shape):
    imported: int
    rejected: int
    errors: list[ProblemField] = Field(description="Of the first 1 000 bad rows.")


@router.get(
    "/export",
    response_class=Response,
    summary="Export items",
    **declared(
        own_or(Permission.ITEMS_READ),
        PermissionDenied,
        compressed=True,
        extra={
            "responses": {
                "200": {"description": "A file.", "content": {_NDJSON: _TEXT, _CSV: _TEXT}}
            }
        },
    ),
)
async def export_items(
    query: Annotated[ExportQuery, InQuery()],
    request: Request,
    actor: CurrentActor,
    export: Inject[ExportItemsHandler],
    transfers: Inject[Transfers],
) -> Response:
    """One's own items, or everyone's with `items:read`, the oldest first and as of one moment. The
    answer is streamed, however long it is. In CSV, cells that a spreadsheet would run begin with an
    apostrophe, which an import takes away again."""
    items = export(ExportItems(chosen=ItemFilter.of(query)), actor)
    return await exported(
        request,
        transfers,
        encoded(items, ItemView, query.format),
        media_type=_MEDIA_TYPE_OF[query.format],
        filename=f"items.{query.format}",
    )


@router.post(
    "/import",
    status_code=201,
    response_model=ImportShape,
    summary="Import items",
    **declared(
        needs(Permission.ITEMS_CREATE),
        PermissionDenied,
        ImportRejected,
        repeatable=True,
        extra={
            MAKES_MANY: True,
            "requestBody": {
                "required": True,
                "content": {
                    MULTIPART: {"schema": _FILE},
                    _CSV: _TEXT,
                    _NDJSON: _TEXT,
                },
            },
        },
    ),
)
async def import_items(
    query: Annotated[ImportQuery, InQuery()],
    request: Request,
    actor: CurrentActor,
    import_: Inject[ImportItemsHandler],
    transfers: Inject[Transfers],
) -> dict[str, object]:
    """A CSV file with the columns `title`, `description`, `status` and `attributes`, or one JSON
    object a line: as the body itself, or as the field `file` of a form. They become the caller's.
    Nothing is stored where any row is bad, unless `on_error` is `skip`. What else an export has is
    passed over."""
    lasts(request, limits_of(transfers))
    bad_rows: list[BadRow] = []

    def report(bad_row: BadRow) -> None:
        if len(bad_rows) < MOST_BAD_ROWS_NAMED:
            bad_rows.append(bad_row)

    with transfers.one_more():
        result = await _imported(query, request, actor, import_, report)
    if result.is_refused:
        raise ImportRejected(result, bad_rows)
    return import_answer(result, bad_rows)


async def _imported(
    query: ImportQuery,
    request: Request,
    actor: Actor,
    import_: ImportItemsHandler,
    report: ReportBadRow,
) -> ImportResult:
    has_come = asyncio.Event()

    async def rows() -> AsyncGenerator[Row | BadRow, None]:
        file_format, pieces = await _sent(request, query.format)
        async with spooled(pieces) as blocks:
            has_come.set()
            async for row in read_rows(blocks, file_format, _FIELDS):
                yield row

    async def left() -> None:
        # Until all has come, whoever reads it is told.
        await has_come.wait()
        await gone(request.receive)

    async with aclosing(rows()) as coming:
        command = ImportItems(
            rows=coming,
            report=report,
            owner_id=actor.require_user(),
            skips_bad_rows=query.on_error is OnError.SKIP,
        )
        return await while_there(left(), import_(command, actor))


async def _sent(request: Request, given: Format | None) -> tuple[Format, AsyncIterator[bytes]]:
    """Raise `UnsupportedMediaType` where nothing says what it is."""
    kind = content_type(request)
    file_format = given or _FORMAT_OF.get(kind)
    if kind in _FORMAT_OF and file_format is not None:
        return file_format, request.stream()
    if kind != MULTIPART:
        raise UnsupportedMediaType(f"Send {_CSV}, {_NDJSON} or {MULTIPART}.")
    file = await sent_file(request, "file")
    file_format = given or _FORMAT_OF.get(file.content_type or "")
    file_format = file_format or Format.of_name(file.filename or "")
    if file_format is None:
        raise UnsupportedMediaType(f"Say {_CSV} or {_NDJSON} of the file, or `format`.")
    return file_format, file.pieces
