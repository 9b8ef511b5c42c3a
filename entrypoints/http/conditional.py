"""Conditional requests by entity version (RFC 9110 §13): ETag, If-None-Match, If-Match."""

import re
from typing import Annotated
from zlib import crc32

from fastapi import Depends, Header, Request, Response

from entrypoints.http.headers import list_header

_TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
# RFC 9110 §5.6.1: empty members of a list are nothing.
_TAGS = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_VERSION = re.compile(r'"([1-9][0-9]{0,8})(?:-[0-9a-z]+)?"')


def etag_of(version: int, *rest: object) -> str:
    """A strong validator: the version, and a digest of what is shown beside the entity."""
    return f'"{version}-{crc32(repr(rest).encode()):x}"' if rest else f'"{version}"'


def _tags(field: str) -> list[str]:
    """Of a list of tags (RFC 9110 §8.8.3); anything else has none."""
    return re.findall(_TAG, field) if _TAGS.fullmatch(field) else []


def not_modified(request: Request, etag: str) -> bool:
    """Whether the caller has this very representation; weak comparison (RFC 9110 §13.1.2)."""
    known = list_header(request, b"if-none-match")
    if known is None:
        return False
    return known.strip() == "*" or etag in (tag.removeprefix("W/") for tag in _tags(known))


def answer(request: Request, response: Response, etag: str) -> Response | None:
    """A 304 where nothing is new; else the ETag is put on the answer to come."""
    if not_modified(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    response.raw_headers.append((b"etag", etag.encode()))
    return None


async def _expected_versions(
    if_match: Annotated[
        str | None,
        Header(
            description="The `ETag` of the state this is meant to change, or several; stale gives"
            " 412."
        ),
    ] = None,
) -> frozenset[int] | None:
    """Any, or those of the strong tags: weak ones never match (RFC 9110 §13.1.1). That none does
    is told to whoever may change what is there, as any other stale one."""
    if if_match is None or if_match.strip() == "*":
        return None
    versions = map(_VERSION.fullmatch, _tags(if_match))
    return frozenset(int(version[1]) for version in versions if version is not None)


ExpectedVersions = Annotated[frozenset[int] | None, Depends(_expected_versions)]
