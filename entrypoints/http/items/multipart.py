"""The one file of a `multipart/form-data` body (RFC 7578), read as it comes in."""

from collections.abc import AsyncGenerator, AsyncIterator

import attrs
from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from domain.errors import Invalid
from domain.text import forbidden_character
from entrypoints.http.headers import header
from entrypoints.http.problems import UnsupportedMediaType

MULTIPART = "multipart/form-data"

_PLAIN_ENCODINGS = {"", "7bit", "8bit", "binary"}


@attrs.frozen
class SentFile:
    """What its sender calls it is for nobody to rely on."""

    filename: str | None
    content_type: str | None
    """In lower case and without parameters."""
    pieces: AsyncGenerator[bytes, None] = attrs.field(repr=False)
    """Raises `Invalid` at the end where the body breaks off, or has more than the file."""


async def sent_file(request: Request, field: str) -> SentFile:
    """Raise `UnsupportedMediaType` for another kind of body, `Invalid` for one that is malformed
    or begins with something else. Reads no further than to where the file begins."""
    kind, options = parse_options_header(header(request, b"content-type"))
    if kind.decode("latin-1") != MULTIPART:
        raise UnsupportedMediaType(f"Send {MULTIPART}.")
    try:
        parts = _Parts(field, options.get(b"boundary", b""))
    except FormParserError:
        raise _malformed() from None
    chunks = aiter(request.stream())
    async for chunk in chunks:
        parts.feed(chunk)
        if parts.has_begun:
            break
    if not parts.has_begun:
        raise Invalid.field(field, "missing", "must be there")
    return SentFile(parts.filename, parts.content_type, _pieces(parts, chunks))


async def _pieces(parts: "_Parts", chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    for piece in parts.taken():
        yield piece
    async for chunk in chunks:
        parts.feed(chunk)
        for piece in parts.taken():
            yield piece
    if not parts.is_over:
        raise _malformed()


class _Parts:
    """What python-multipart tells of a body, as far as there is one part in it."""

    def __init__(self, field: str, boundary: bytes) -> None:
        if not boundary:
            raise _malformed()
        self.filename: str | None = None
        self.content_type: str | None = None
        self.has_begun = False
        self.is_over = False
        self._field = field
        self._name = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._pieces: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_end": self._on_end,
            },
        )

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise _malformed() from None

    def taken(self) -> list[bytes]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        headers, self._headers = self._headers, {}
        _, options = parse_options_header(headers.get(b"content-disposition"))
        name = _text(options.get(b"name", b""))
        if name != self._field:
            is_shown = name and len(name) <= 64 and forbidden_character(name) is None
            raise Invalid.field(
                name if is_shown else "?", "unknown_field", f"is not the field {self._field}"
            )
        if self.has_begun:
            raise Invalid.field(self._field, "duplicate", "must be there once")
        encoding = headers.get(b"content-transfer-encoding", b"").strip().lower()
        if _text(encoding) not in _PLAIN_ENCODINGS:
            raise Invalid.field(self._field, "encoded", "must be sent as it is (RFC 7578 §4.7)")
        self.has_begun = True
        if b"filename" in options:
            self.filename = _text(options[b"filename"])
        kind, _ = parse_options_header(headers.get(b"content-type"))
        self.content_type = _text(kind) or None

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(data[start:end])

    def _on_end(self) -> None:
        self.is_over = True


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _malformed() -> Invalid:
    return Invalid(f"The body is not well-formed {MULTIPART}.")
