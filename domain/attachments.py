"""Files that are attached to items."""

import unicodedata
from datetime import datetime
from pathlib import PurePosixPath
from typing import NewType
from urllib.parse import quote
from uuid import UUID

import attrs

from domain.access import UserId
from domain.blobs import BlobId
from domain.errors import Conflict, Invalid, NotFound, TooLarge
from domain.items import ItemId
from domain.text import MAX_INT64

AttachmentId = NewType("AttachmentId", UUID)

MAX_FILENAME_BYTES = 255
UNNAMED = "file"


class AttachmentNotFound(NotFound):
    """The item has no such attachment."""

    code = "attachment_not_found"
    title = "No such attachment"


class FileTooLarge(TooLarge):
    """The file is larger than this service takes (`UPLOAD_MAX_BYTES`). Nothing of it was kept."""

    code = "file_too_large"
    title = "The file is too large"


class StorageQuotaExceeded(Conflict):
    """All files that are attached to the items of one account share a quota of bytes
    (`STORAGE_QUOTA_BYTES`), and this one does not fit into what is left. Delete others first."""

    code = "storage_quota_exceeded"
    title = "The storage quota is used up"


class ContentTypeMismatch(Invalid):
    """The file begins like one of another type than its `Content-Type` says. Send it as what it is,
    or as `application/octet-stream`."""

    code = "content_type_mismatch"
    title = "The file is not of the type that it is said to be"


def clean_filename(filename: str | None) -> str:
    """The last part of a path as one line in NFC, short enough for every file system. What has to
    be left out is no reason to refuse a file."""
    text = unicodedata.normalize("NFC", filename or "").replace("\\", "/").rpartition("/")[2]
    name = "".join(map(_as_shown, text)).strip(". ")
    extension = PurePosixPath(name).suffix
    room = MAX_FILENAME_BYTES - len(extension.encode())
    if room <= 0:
        extension, room = "", MAX_FILENAME_BYTES
    stem = name.removesuffix(extension).encode()[:room].decode(errors="ignore")
    return f"{stem}{extension}" or UNNAMED


def _as_shown(character: str) -> str:
    """Without controls, lone surrogates and what turns the direction of a text around."""
    match unicodedata.category(character)[0]:
        case "C":
            return ""
        case "Z":
            return " "
        case _:
            return character


def disposition_of(filename: str) -> str:
    """Never to be shown in place (RFC 6266): the name as it is (RFC 8187), and for those who do not
    read that, in ASCII."""
    plain = "".join(each if each.isascii() and each not in '"\\%' else "_" for each in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


@attrs.frozen(kw_only=True)
class Attachment:
    """Never changes: another file is another attachment."""

    id: AttachmentId
    item_id: ItemId
    owner_id: UserId
    """Of the item, on whose quota it counts."""
    filename: str = attrs.field(converter=clean_filename)
    content_type: str
    size: int = attrs.field(validator=[attrs.validators.ge(0), attrs.validators.le(MAX_INT64)])
    sha256: str
    """In hexadecimal digits."""
    created_at: datetime

    @property
    def blob_id(self) -> BlobId:
        return BlobId(self.id)
