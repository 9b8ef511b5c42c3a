"""What a file is said to be, held against how it begins."""

import re
from collections.abc import Callable

import attrs

SNIFFED_BYTES = 1024
"""How much of a file is looked at."""
MAX_CONTENT_TYPE_LENGTH = 127
UNKNOWN = "application/octet-stream"

# RFC 6838 §4.2.
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\Z")


def clean_content_type(content_type: str | None) -> str:
    """A media type in lower case and without parameters; unknown where there is none."""
    text = (content_type or "").partition(";")[0].strip().lower()
    return text if _MEDIA_TYPE.match(text) else UNKNOWN


@attrs.frozen
class _Format:
    """A format whose files all begin alike."""

    begins: Callable[[bytes], bool]
    types: frozenset[str]
    """Whose files must begin so."""
    others: "re.Pattern[str]" = re.compile(r"(?!)")
    """Whose files may."""
    is_sure: bool = True
    """Whether no file of any further type ever does."""


def _at(offset: int, *beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings, offset)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith((b"RIFF", b"RF64")) and head[8:12] == kind


def _program(head: bytes) -> bool:
    """Of Windows; a text may begin with these letters too."""
    return head.startswith(b"MZ") and b"\0" in head


_FORMATS = (
    _Format(_at(0, b"\x89PNG\r\n\x1a\n"), frozenset({"image/png", "image/apng"})),
    _Format(_at(0, b"\xff\xd8\xff"), frozenset({"image/jpeg", "image/jpg", "image/pjpeg"})),
    _Format(_at(0, b"GIF87a", b"GIF89a"), frozenset({"image/gif"})),
    _Format(_riff(b"WEBP"), frozenset({"image/webp"})),
    _Format(_at(0, b"BM"), frozenset({"image/bmp"}), is_sure=False),
    _Format(
        _at(0, b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        frozenset({"image/tiff"}),
        # What cameras write.
        re.compile(r"image/x-"),
    ),
    _Format(
        _at(4, b"ftyp"),
        frozenset({"image/avif", "image/heic", "image/heif", "video/mp4", "audio/mp4"}),
        re.compile(r"video/|audio/|image/"),
    ),
    _Format(lambda head: b"%PDF-" in head, frozenset({"application/pdf"}), is_sure=False),
    _Format(
        _at(0, b"PK\3\4", b"PK\5\6", b"PK\7\x08"),
        frozenset({"application/zip", "application/epub+zip", "application/java-archive"}),
        # Documents of most office programs, among others.
        re.compile(r"application/(vnd\.|x-|oxps)|model/|.*\+zip\Z"),
    ),
    _Format(
        _at(0, b"\x1f\x8b"),
        frozenset({"application/gzip"}),
        re.compile(r"application/(vnd\.|x-)|.*\+(gzip|xml)\Z"),
    ),
    _Format(_at(0, b"7z\xbc\xaf\x27\x1c"), frozenset({"application/x-7z-compressed"})),
    _Format(_at(0, b"Rar!\x1a\7"), frozenset({"application/vnd.rar"}), re.compile(".*rar")),
    _Format(
        _at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        # Windows calls a CSV file one of Excel, so no type of these must begin so.
        frozenset(),
        re.compile(r"application/(vnd\.|x-|msword)"),
    ),
    _Format(
        _at(0, b"OggS"),
        frozenset({"audio/ogg", "video/ogg", "application/ogg"}),
        re.compile(r"(audio|video)/"),
    ),
    _Format(_at(0, b"fLaC"), frozenset({"audio/flac"}), re.compile(r"audio/x-flac")),
    _Format(_riff(b"WAVE"), frozenset({"audio/wav"}), re.compile(r"audio/")),
    _Format(
        _at(0, b"\x1a\x45\xdf\xa3"),
        frozenset({"video/webm", "audio/webm"}),
        re.compile(r"(audio|video)/"),
    ),
    _Format(_at(0, b"\x7fELF"), frozenset(), re.compile(r"application/x-")),
    _Format(_program, frozenset(), re.compile(r"application/(x-|vnd\.)")),
)


def contradicts(content_type: str, head: bytes) -> bool:
    """Whether a file that begins so is none of that type. A file of unknown type may be anything,
    and so may one of a type that is not listed here, short of a format that is."""
    if content_type == UNKNOWN:
        return False
    required = [each for each in _FORMATS if content_type in each.types]
    if required:
        return not any(each.begins(head) for each in required)
    return any(
        each.is_sure and each.begins(head) and not each.others.match(content_type)
        for each in _FORMATS
    )
