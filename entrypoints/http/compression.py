"""gzip, for answers that are long and hold no secret (RFC 9110 §8.4, §12.5.3).

Only what is wrapped is ever compressed: lists, exports and the documentation, never what has to do
with credentials, since the length of a compressed secret tells of it (BREACH).
"""

import asyncio
import re
import zlib
from functools import lru_cache
from http import HTTPStatus

import attrs
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.headers import list_header
from entrypoints.http.problems import NotAcceptable

# Bytes. Below it fits into a packet or two either way.
_SMALLEST = 1024
# A page of 100 entries takes 0.4 ms to become a fifth as long. Level 6 takes three times as long
# for a seventh.
_LEVEL = 1
_GZIP = 31
"""Of zlib's window sizes: the largest, with gzip's header."""
# Bytes. Under a millisecond each; others have their turn between them.
_SLICE = 64 * 1024
_TEXTS = (b"application/json", b"application/x-ndjson", b"text/")
_VARY = (b"vary", b"Accept-Encoding")

_CODING = re.compile(r"([a-z0-9*_-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?")
# Of what is not named, and not refused either: less than anything that is.
_LAST_RESORT = 0.0005


@attrs.frozen
class Codings:
    """What a client accepts, by the weights it gives."""

    gzip: float
    identity: float

    @classmethod
    @lru_cache(maxsize=128)
    def in_(cls, field: str) -> "Codings":
        """As the field `Accept-Encoding` gives them; few clients differ."""
        weights = {
            coding[1]: float(coding[2] or 1)
            for coding in map(_CODING.fullmatch, map(str.strip, field.lower().split(",")))
            if coding is not None
        }
        others = weights.get("*", 0)
        is_refused = weights.get("*") == 0
        return cls(
            gzip=weights.get("gzip", weights.get("x-gzip", others)),
            identity=weights.get("identity", 0 if is_refused else others or _LAST_RESORT),
        )

    @property
    def prefer_gzip(self) -> bool:
        return self.gzip > 0 and self.gzip >= self.identity


_AS_IT_IS = Codings(gzip=0, identity=1)


@attrs.frozen
class Compressed:
    """What this answers is compressed where it is worth while and wanted."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raise `NotAcceptable` for a client that takes it neither way."""
        field = list_header(Request(scope), b"accept-encoding")
        codings = _AS_IT_IS if field is None else Codings.in_(field)
        if not (codings.gzip or codings.identity):
            raise NotAcceptable("This is sent as it is, or by gzip.")
        await self.app(scope, receive, _Answer(send, codings))


@attrs.define
class _Answer:
    _send: Send
    _codings: Codings
    _start: Message | None = attrs.field(default=None, init=False)
    _gzip: "zlib._Compress | None" = attrs.field(default=None, init=False)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            # How long it is shows with the body.
            self._start = message
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        is_last = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        start, self._start = self._start, None
        if start is not None and self._is_to_be_compressed(start, body, is_whole=is_last):
            self._gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        if self._gzip is not None:
            is_shown = bool(body)
            body = await _compressed(self._gzip, body, is_last=is_last)
            if start is not None:
                _encode(start["headers"], len(body) if is_last and is_shown else None)
        if start is not None:
            await self._send(start)
        if body or is_last:
            await self._send({"type": "http.response.body", "body": body, "more_body": not is_last})

    def _is_to_be_compressed(self, start: Message, body: bytes, *, is_whole: bool) -> bool:
        headers = start["headers"] = list(start.get("headers", ()))
        fields = dict(headers)
        if start["status"] == HTTPStatus.NOT_MODIFIED:
            headers.append(_VARY)
        if (
            start["status"] != HTTPStatus.OK
            or b"content-encoding" in fields
            or not fields.get(b"content-type", b"").startswith(_TEXTS)
        ):
            return False
        headers.append(_VARY)
        if not self._codings.identity:
            return True
        # A stream says nothing of its length, nor does it after HEAD, where nothing comes.
        known = len(body) if is_whole and body else _SMALLEST
        length = int(fields.get(b"content-length", known))
        return self._codings.prefer_gzip and length >= _SMALLEST


async def _compressed(gzip: "zlib._Compress", body: bytes, *, is_last: bool) -> bytes:
    whole = memoryview(body)
    pieces = [gzip.compress(whole[:_SLICE])]
    for at in range(_SLICE, len(body), _SLICE):
        await asyncio.sleep(0)
        pieces.append(gzip.compress(whole[at : at + _SLICE]))
    if is_last:
        pieces.append(gzip.flush())
    return b"".join(pieces)


def _encode(headers: list[tuple[bytes, bytes]], length: int | None) -> None:
    """Say so. What was said of single bytes does not hold any more, nor does a strong validator."""
    changed = {b"content-length", b"accept-ranges", b"etag"}
    kept = [(name, value) for name, value in headers if name not in changed]
    tags = [value for name, value in headers if name == b"etag"]
    headers[:] = kept
    headers.append((b"content-encoding", b"gzip"))
    headers.extend((b"etag", b"W/" + tag.removeprefix(b"W/")) for tag in tags)
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
