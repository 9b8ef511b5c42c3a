"""Conditional requests by entity version (RFC 9110 §13): ETag, If-None-Match, If-Match."""

import re
from typing import Annotated
from zlib import crc32

from fastapi import Depends, Header, Request, Response

from entrypoints.http.headers import header

_OF_NOTHING = 0
"""Versions begin at 1."""
_VERSION = re.compile(r'"(\d{1,9})(?:-[0-9a-z]+)?"\Z')


def etag_of(version: int, *rest: object) -> str:
    """A strong validator: the version, and a digest of what is shown beside the entity."""
    return f'"{version}-{crc32(repr(rest).encode()):x}"' if rest else f'"{version}"'


def not_modified(request: Request, etag: str) -> bool:
    """Whether the caller has this very representation; weak comparison (RFC 9110 §13.1.2)."""
    known = header(request, b"if-none-match")
    if known is None:
        return False
    return known.strip() == "*" or etag in {
        each.strip().removeprefix("W/") for each in known.split(",")
    }


def answer(request: Request, response: Response, etag: str) -> Response | None:
    """A 304 where nothing is new; else the ETag is put on the answer to come."""
    if not_modified(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    response.raw_headers.append((b"etag", etag.encode()))
    return None


async def _expected_version(
    if_match: Annotated[
        str | None,
        Header(description="The `ETag` of the state this is meant to change; stale gives 412."),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    version = _VERSION.match(if_match.strip())
    # RFC 9110 §13.1.1: a tag that is not the current one, whatever it is, does not match. That is
    # told to whoever may change what is there, as any other stale one.
    return _OF_NOTHING if version is None else int(version[1])


ExpectedVersion = Annotated[int | None, Depends(_expected_version)]
