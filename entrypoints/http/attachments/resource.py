"""Files that are attached to items, over HTTP."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import Request, Response

from application.attachments.attach_file import AttachFile, AttachFileHandler
from application.attachments.delete_attachment import DeleteAttachment, DeleteAttachmentHandler
from application.attachments.limits import AttachmentLimits
from application.attachments.list_attachments import ListAttachments, ListAttachmentsHandler
from application.attachments.open_attachment import OpenAttachment, OpenAttachmentHandler
from application.paging import Page as PageOfViews
from domain.access import Permission, PermissionDenied
from domain.attachments import (
    Attachment,
    AttachmentId,
    AttachmentNotFound,
    ContentTypeMismatch,
    FileTooLarge,
    StorageQuotaExceeded,
    disposition_of,
)
from domain.items import ItemId, ItemNotFound
from entrypoints.http.attachments.ranges import RangeNotSatisfiable, content_range, requested_span
from entrypoints.http.conditional import not_modified
from entrypoints.http.headers import header
from entrypoints.http.items.multipart import MULTIPART, sent_file
from entrypoints.http.problems import NotAcceptable
from entrypoints.http.routing import (
    API_V1_STR,
    accepts,
    declared,
    own_or,
    router_of,
)
from entrypoints.http.schemas import Id, Page, PageQuery, Shape
from entrypoints.http.streams import StreamLimits, lasts, streamed
from entrypoints.http.wiring import CurrentActor, Inject

router = router_of("files", prefix=f"{API_V1_STR}/items/{{item_id}}/attachments")

FIELD = "file"
_ROOM_FOR_A_FORM = 64 * 1024
# Whatever it is, in a browser it could do nothing (W3C Content Security Policy, `sandbox`).
_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "type": "object",
    "required": [FIELD],
    "properties": {FIELD: _BINARY["schema"]},
    "additionalProperties": False,
}
_ETAG = {
    "description": "Its SHA-256, for `If-None-Match` and `If-Range`.",
    "required": True,
    "schema": {"type": "string"},
}
_ANSWERS = {
    "200": {
        "description": "All of its bytes.",
        "content": {"*/*": _BINARY},
        "headers": {"ETag": _ETAG},
    },
    "206": {
        "description": "The range of them that was asked for.",
        "content": {"*/*": _BINARY},
        "headers": {"ETag": _ETAG},
    },
    "307": {
        "description": "Where they can be fetched without credentials, for a short time.",
        "headers": {
            "Location": {
                "description": "A URL of the store's own.",
                "required": True,
                "schema": {"type": "string"},
            }
        },
    },
}
_RANGE_HEADERS = [
    {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", "title": name},
    }
    for name, description in (
        ("Range", "One range of bytes, such as `bytes=0-1023`; several are answered by all."),
        ("If-Range", "The `ETag` of what the caller has a part of; all is answered if it changed."),
    )
]


class AttachmentShape(Shape):
    id: Id
    filename: str
    content_type: str
    size: int
    """In bytes."""
    sha256: str
    created_at: datetime


def _stream_limits(limits: AttachmentLimits) -> StreamLimits:
    return StreamLimits(
        max_bytes=limits.one_file + _ROOM_FOR_A_FORM,
        seconds=limits.duration,
        silence=limits.silence,
    )


def _accepts(request: Request, content_type: str) -> bool:
    accept = (header(request, b"accept") or "*/*").encode("latin-1")
    return accepts(accept, [f"{content_type.partition('/')[0]}/".encode()])


@router.post(
    "",
    status_code=201,
    response_model=AttachmentShape,
    summary="Attach a file",
    **declared(
        own_or(Permission.ITEMS_UPDATE),
        ItemNotFound,
        PermissionDenied,
        ContentTypeMismatch,
        FileTooLarge,
        StorageQuotaExceeded,
        repeatable=True,
        extra={
            "requestBody": {"required": True, "content": {MULTIPART: {"schema": _FORM}}},
        },
    ),
)
async def attach_file(
    item_id: UUID,
    request: Request,
    response: Response,
    actor: CurrentActor,
    attach: Inject[AttachFileHandler],
) -> Attachment:
    """The one file of the form, in its field `file`. It is kept under the type that the form says,
    which must not contradict how it begins; without one it is of no type in particular."""
    lasts(request, _stream_limits(attach.limits))
    file = await sent_file(request, FIELD)
    attachment = await attach(
        AttachFile(
            item_id=ItemId(item_id),
            filename=file.filename,
            content_type=file.content_type,
            content=file.pieces,
        ),
        actor,
    )
    response.headers["Location"] = (
        f"{API_V1_STR}/items/{attachment.item_id}/attachments/{attachment.id}"
    )
    return attachment


@router.get(
    "",
    response_model=Page[AttachmentShape],
    summary="List attachments",
    **declared(own_or(Permission.ITEMS_READ), ItemNotFound),
)
async def list_attachments(
    item_id: UUID,
    query: PageQuery,
    actor: CurrentActor,
    list_: Inject[ListAttachmentsHandler],
) -> PageOfViews[Attachment]:
    """Of an item that the caller may see, oldest first. Sorts by `created_at`, `filename` and
    `size`."""
    return await list_(ListAttachments(item_id=ItemId(item_id), page=query.page()), actor)


@router.get(
    "/{attachment_id}",
    response_class=Response,
    summary="Download an attachment",
    **declared(
        own_or(Permission.ITEMS_READ),
        ItemNotFound,
        AttachmentNotFound,
        RangeNotSatisfiable,
        conditional=True,
        parameters=_RANGE_HEADERS,
        extra={"responses": _ANSWERS},
    ),
)
async def download_attachment(
    item_id: UUID,
    attachment_id: UUID,
    request: Request,
    actor: CurrentActor,
    open_: Inject[OpenAttachmentHandler],
) -> Response:
    """Its bytes, always to be saved and never to be shown in place. One range of them may be asked
    for; several at once are answered by all. Where files are in S3, the answer may be a redirect
    to where they can be fetched without credentials for a short time."""
    opened = await open_(
        OpenAttachment(item_id=ItemId(item_id), attachment_id=AttachmentId(attachment_id)), actor
    )
    attachment = opened.attachment
    if not _accepts(request, attachment.content_type):
        raise NotAcceptable
    etag = f'"{attachment.sha256}"'
    if not_modified(request, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
    span = requested_span(request, size=attachment.size, etag=etag)
    if request.method != "HEAD" and (link := await opened.link()) is not None:
        return Response(
            status_code=HTTPStatus.TEMPORARY_REDIRECT,
            headers={"Location": link},
        )
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Length": str(attachment.size if span is None else span.length),
        "Content-Disposition": disposition_of(attachment.filename),
        "Content-Security-Policy": _POLICY,
    }
    if span is not None:
        headers["Content-Range"] = content_range(span, attachment.size)
    lasts(request, _stream_limits(open_.limits))
    return await streamed(
        opened.read(span),
        media_type=attachment.content_type,
        headers=headers,
        status_code=HTTPStatus.OK if span is None else HTTPStatus.PARTIAL_CONTENT,
    )


@router.delete(
    "/{attachment_id}",
    status_code=204,
    summary="Delete an attachment",
    **declared(own_or(Permission.ITEMS_UPDATE), ItemNotFound, AttachmentNotFound, PermissionDenied),
)
async def delete_attachment(
    item_id: UUID,
    attachment_id: UUID,
    actor: CurrentActor,
    delete: Inject[DeleteAttachmentHandler],
) -> None:
    """For good."""
    await delete(
        DeleteAttachment(item_id=ItemId(item_id), attachment_id=AttachmentId(attachment_id)), actor
    )
