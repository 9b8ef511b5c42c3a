"""Positions in a list as signed text."""

import base64
import hmac
import json
import re
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import attrs

from adapters.security.keys import derive_key
from application.paging import Position, SortKey
from domain.errors import Invalid

_TAG_LENGTH = 16
_MAX_LENGTH = 8 * 1024
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


def _cursor_key(secret: bytes) -> bytes:
    return derive_key(secret, "cursors/v1")


@attrs.frozen(eq=False)
class SignedCursors:
    """Base64url of a truncated HMAC-SHA256 and the JSON it covers.

    A cursor holds nothing but what its client saw in the last row of a page, so it is signed and
    not encrypted.
    """

    _key: bytes = attrs.field(alias="secret", converter=_cursor_key, repr=False)

    def encode(self, listing: str, position: Position) -> str:
        body = json.dumps(
            [
                listing,
                [str(key) for key in position.sort],
                [_to_json(value) for value in position.values],
            ],
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8", "surrogatepass")
        return base64.urlsafe_b64encode(self._tag(body) + body).rstrip(b"=").decode("ascii")

    def decode(self, listing: str, cursor: str) -> Position:
        try:
            position = self._read(listing, cursor)
        except ValueError:
            position = None
        if position is None:
            raise Invalid.field("cursor", "invalid_cursor", "must be a cursor that this list gave")
        return position

    def _read(self, listing: str, cursor: str) -> Position | None:
        signed = _from_base64url(cursor)
        body = signed[_TAG_LENGTH:]
        if not hmac.compare_digest(signed[:_TAG_LENGTH], self._tag(body)):
            return None
        match json.loads(body):
            case [str(name), [*sort], [*values]] if name == listing:
                return Position(
                    sort=tuple(map(_sort_key, sort)), values=tuple(map(_from_json, values))
                )
        return None

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_TAG_LENGTH]


def _from_base64url(text: str) -> bytes:
    """Raise `ValueError` for all but the one way to write some bytes: decoders forgive much."""
    if len(text) > _MAX_LENGTH or _BASE64URL.fullmatch(text) is None:
        raise ValueError("not base64url")
    decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("not canonical base64url")
    return decoded


def _sort_key(key: object) -> SortKey:
    match key:
        case str(text):
            return SortKey(text.removeprefix("-"), descending=text.startswith("-"))
    raise ValueError("not a sort key")


def _to_json(value: object) -> str | float | dict[str, str] | None:
    """What JSON has no type for is wrapped; `TypeError` for what no list is sorted by."""
    match value:
        case None | str() | int() | float():
            return value
        case datetime():
            return {"at": value.isoformat()}
        case date():
            return {"on": value.isoformat()}
        case Decimal():
            return {"exactly": str(value)}
        case UUID():
            return {"id": value.hex}
    raise TypeError(f"a cursor can't hold a {type(value).__name__}")


def _from_json(value: object) -> object:
    match value:
        case {"at": str(text)}:
            return datetime.fromisoformat(text)
        case {"on": str(text)}:
            return date.fromisoformat(text)
        case {"exactly": str(text)}:
            return Decimal(text)
        case {"id": str(text)}:
            return UUID(text)
        case None | str() | int() | float():
            return value
    raise ValueError("not a value of a cursor")
