"""Views as they leave the service: as plain values, and as the bytes of a CSV or NDJSON file."""

import csv
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime
from typing import TypeVar

import attrs
from pydantic_core import to_json

from application.users.own_data import OwnData
from entrypoints.rows import Format, defused

View = TypeVar("View", bound=attrs.AttrsInstance)


def plain(view: attrs.AttrsInstance) -> dict[str, object]:
    """By name, as the API shows it; JSON is made of the values later."""
    return {field.name: getattr(view, field.name) for field in attrs.fields(type(view))}


async def encoded(
    views: AsyncIterator[View], kind: type[View], file_format: Format
) -> AsyncGenerator[bytes, None]:
    """A line or record at a time, so that memory stays constant."""
    if file_format is Format.NDJSON:
        async for view in views:
            yield to_json(plain(view)) + b"\n"
        return
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    writer.writerow(field.name for field in attrs.fields(kind))
    yield _taken(line)
    async for view in views:
        writer.writerow(map(_cell, plain(view).values()))
        yield _taken(line)


async def in_blocks(pieces: AsyncIterator[bytes], size: int) -> AsyncGenerator[bytes, None]:
    """The same, in pieces of about that size: to send one costs more than to make it."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= size:
            yield bytes(held)
            held.clear()
    yield bytes(held)


async def as_json(data: OwnData) -> AsyncGenerator[bytes, None]:
    """An object with a list for each section; a record at a time."""
    records = aiter(data.records)
    record = await anext(records, None)
    separator = b"{"
    for section in data.sections:
        yield separator + to_json(section) + b":["
        separator = b"],"
        comma = b""
        while record is not None and record.section == section:
            yield comma + to_json(record.values)
            comma = b","
            record = await anext(records, None)
    yield b"]}"


def _taken(line: io.StringIO) -> bytes:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text.encode()


def _cell(value: object) -> str:
    """Text that an import reads back as the same value."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case dict():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case list() | tuple():
            return " ".join(map(str, value))
        case _:
            return defused(str(value))
