"""A part of a representation (RFC 9110 §14): one range of bytes."""

import re

from fastapi import Request

from application.blobs.ports import Span
from entrypoints.http.headers import header
from entrypoints.http.problems import HttpProblem

_ONE_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE)
_OTHER_UNIT = re.compile(r"(?!bytes=)[!#$%&'*+.^_`|~0-9A-Za-z-]+=", re.IGNORECASE)


class RangeNotSatisfiable(HttpProblem):
    """The `Range` is malformed, or begins behind the end. `Content-Range` says how many bytes there
    are."""

    status = 416
    code = "range_not_satisfiable"
    title = "There are no such bytes"


def requested_span(request: Request, *, size: int, etag: str) -> Span | None:
    """None where all of it is to be answered: without a range, for a unit that is not known here,
    for several ranges at once, or where `If-Range` names another state (§13.1.5). Raise
    `RangeNotSatisfiable`."""
    field = header(request, b"range")
    if field is None or header(request, b"if-range") not in {None, etag}:
        return None
    if _OTHER_UNIT.match(field) or "," in field:
        return None
    match = _ONE_RANGE.fullmatch(field)
    first, last = match.groups() if match else ("", "")
    if first:
        begin, end = int(first), min(int(last) if last else size, size - 1)
    else:
        begin, end = max(size - int(last or 0), 0), size - 1
    if end < begin or (first and last and int(last) < int(first)):
        raise RangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return Span(begin, end - begin + 1)


def content_range(span: Span, size: int) -> str:
    return f"bytes {span.first}-{span.first + span.length - 1}/{size}"
