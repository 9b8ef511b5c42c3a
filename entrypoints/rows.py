"""Rows out of the bytes of a CSV or NDJSON file: in constant memory, each with its line."""

import codecs
import csv
import json
import re
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePath

import attrs

from application.rows import BadRow, Row
from domain.errors import Invalid
from domain.text import Json, forbidden_character
from entrypoints import strict_json

MAX_RECORD_SIZE = 1024 * 1024
"""In bytes for a line, in characters for a CSV record of several; csv itself stops at a cell of
more than 131 072."""

_BLOCK_SIZE = 64 * 1024
_SURROGATE = re.compile("[\ud800-\udfff]")
_DEFUSED = re.compile(r"'+[=+\-@\t\r]")
# What escapes in JSON may hide: NUL, and half of a surrogate pair without the other.
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"

    @classmethod
    def of_name(cls, filename: str) -> "Format | None":
        """By how it ends."""
        return _OF_SUFFIX.get(PurePath(filename).suffix.lower())


_OF_SUFFIX = {".csv": Format.CSV, ".ndjson": Format.NDJSON, ".jsonl": Format.NDJSON}


@attrs.frozen(kw_only=True)
class Fields:
    """What the rows of one resource may hold."""

    known: frozenset[str]
    required: frozenset[str]
    passed_over: frozenset[str]
    """What the service sets itself: exports have it, and importing them again leaves it out."""

    @classmethod
    def of(
        cls, view: type[attrs.AttrsInstance], *, known: frozenset[str], required: str
    ) -> "Fields":
        shown = frozenset(field.name for field in attrs.fields(view))
        return cls(known=known, required=frozenset({required}), passed_over=shown - known)


async def read_rows(
    chunks: AsyncIterable[bytes], file_format: Format, fields: Fields
) -> AsyncIterator[Row | BadRow]:
    """Go on after a bad row. A CSV header that can't be understood is the only row of its file."""
    reader = _CsvReader(fields) if file_format is Format.CSV else _NdjsonReader(fields)
    lines = _Lines()
    async for block in _blocks(chunks):
        for row in reader.read(lines.feed(block)):
            yield row
        if reader.has_given_up:
            return
    for row in reader.read(lines.rest(), is_end=True):
        yield row


async def _blocks(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Pieces that are worth the while, however small those are that come in."""
    held = bytearray()
    mark = codecs.BOM_UTF8
    async for chunk in chunks:
        held += chunk
        if len(held) >= _BLOCK_SIZE:
            yield bytes(held).removeprefix(mark)
            held.clear()
            mark = b""
    yield bytes(held).removeprefix(mark)


@attrs.define
class _Lines:
    """Cuts blocks into lines, without their end; None stands for a line that is too long."""

    _pieces: list[bytes] = attrs.field(factory=list)
    _size: int = 0

    def feed(self, block: bytes) -> list[bytes | None]:
        first, newline, others = block.partition(b"\n")
        self._keep(first)
        if not newline:
            return []
        lines = [self._joined()]
        *whole, begun = others.split(b"\n")
        lines += [line if len(line) <= MAX_RECORD_SIZE else None for line in whole]
        self._keep(begun)
        return lines

    def rest(self) -> list[bytes | None]:
        return [self._joined()] if self._size else []

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= MAX_RECORD_SIZE:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def _joined(self) -> bytes | None:
        line = b"".join(self._pieces) if self._size <= MAX_RECORD_SIZE else None
        self._pieces.clear()
        self._size = 0
        return line


@attrs.define
class _NdjsonReader:
    _fields: Fields
    has_given_up: bool = False
    _line: int = 0

    def read(
        self, lines: Sequence[bytes | None], *, is_end: bool = False
    ) -> Iterator[Row | BadRow]:
        del is_end  # a record never goes on behind its line
        for line in lines:
            self._line += 1
            if line is not None and not line.strip():
                continue
            try:
                yield Row(self._line, self._members(line))
            except Invalid as refusal:
                yield BadRow.of(self._line, refusal)

    def _members(self, line: bytes | None) -> dict[str, Json]:
        if line is None:
            raise _too_long()
        value = _parsed(line)
        if not isinstance(value, dict):
            raise Invalid.field("", "wrong_type", "must be a JSON object")
        if _SUSPECT_ESCAPE.search(line):
            _check_storable(_texts(value))
        known = {}
        for name, member in value.items():
            if name in self._fields.known:
                known[name] = member
            elif name not in self._fields.passed_over:
                raise Invalid.field(
                    _shown(name), "unknown_field", "is not a field of this resource"
                )
        return known


def _parsed(line: bytes) -> Json:
    try:
        return strict_json.parse(line)
    except UnicodeDecodeError:
        reason = "must be UTF-8"
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at column {error.colno}"
    except ValueError as error:
        reason = str(error)
    raise Invalid.field("", "malformed_json", reason)


class _OutOfLines(Exception):
    """The record goes on in the next block, if anywhere."""


@attrs.define
class _LineSource:
    """What csv reads from, remembering what it took for the present record."""

    _waiting: deque[bytes | None] = attrs.field(factory=deque)
    _taken: list[bytes | None] = attrs.field(factory=list)
    _taken_size: int = 0
    _is_end: bool = False

    def add(self, lines: Sequence[bytes | None], *, is_end: bool) -> None:
        self._waiting.extend(lines)
        self._is_end = is_end

    def give_back(self) -> None:
        self._waiting.extendleft(reversed(self._taken))
        self.forget()

    def forget(self) -> int:
        """Answer how many lines the record took."""
        count = len(self._taken)
        self._taken.clear()
        self._taken_size = 0
        return count

    def __iter__(self) -> "_LineSource":
        return self

    def __next__(self) -> str:
        if not self._waiting:
            raise StopIteration if self._is_end else _OutOfLines
        line = self._waiting.popleft()
        self._taken.append(line)
        if line is None:
            raise _too_long()
        self._taken_size += len(line) + 1
        if self._taken_size > MAX_RECORD_SIZE:
            raise _too_long()
        # What is not UTF-8 becomes surrogates, so that it spoils its own record and no other.
        return line.decode("utf-8", "surrogateescape") + "\n"


@attrs.define
class _CsvReader:
    """csv pulls lines where blocks are pushed, so that a record which a block has cut in two is
    begun anew with the next one."""

    _fields: Fields
    has_given_up: bool = False
    _columns: list[str] | None = None
    _source: _LineSource = attrs.field(factory=_LineSource)
    _line: int = 0
    """How many lines are done with."""

    def read(
        self, lines: Sequence[bytes | None], *, is_end: bool = False
    ) -> Iterator[Row | BadRow]:
        self._source.add(lines, is_end=is_end)
        # By the letter (RFC 4180): a stray or missing quote is told, and not guessed at.
        records = csv.reader(self._source, strict=True)
        while not self.has_given_up:
            line = self._line + 1
            row: Row | BadRow | None = None
            try:
                cells = next(records, None)
                if cells is None:
                    return
                if cells:  # and not an empty line
                    row = self._row(line, cells)
            except _OutOfLines:
                self._source.give_back()
                return
            except csv.Error as error:
                row = BadRow.of(line, _malformed(str(error)))
            except Invalid as refusal:
                row = BadRow.of(line, refusal)
            self._line += self._source.forget()
            self.has_given_up = self._columns is None and row is not None
            if row is not None:
                yield row

    def _row(self, line: int, cells: list[str]) -> Row | None:
        _check_storable(cells)
        if self._columns is None:
            self._columns = self._header(cells)
            return None
        if len(cells) != len(self._columns):
            raise Invalid.field(
                "",
                "wrong_cell_count",
                f"must have {len(self._columns)} cells as the header has, and has {len(cells)}",
            )
        return Row(
            line,
            {
                name: undefused(cell)
                for name, cell in zip(self._columns, cells, strict=True)
                if cell and name in self._fields.known
            },
        )

    def _header(self, cells: list[str]) -> list[str]:
        names = [name.strip() for name in cells]
        for name in names:
            if name not in self._fields.known | self._fields.passed_over:
                known = ", ".join(sorted(self._fields.known))
                raise Invalid.field(
                    _shown(name), "unknown_column", f"is no column; the header may name {known}"
                )
            if names.count(name) > 1:
                raise Invalid.field(name, "duplicate_column", "must be one column only")
        for name in sorted(self._fields.required.difference(names)):
            raise Invalid.field(name, "missing_column", "must be a column")
        return names


def _malformed(reason: str) -> Invalid:
    if reason.startswith("field larger"):
        return Invalid.field("", "too_long", f"no cell may be longer than {csv.field_size_limit()}")
    if reason.startswith("unexpected end"):
        reason = "a quote is opened and never closed"
    if reason.startswith("new-line"):
        reason = "a carriage return must stand in quotes or before a line feed"
    return Invalid.field("", "malformed_csv", reason)


def defused(cell: str) -> str:
    """A cell that no spreadsheet runs (OWASP, CSV injection); an apostrophe makes it text."""
    return f"'{cell}" if cell.lstrip("'").startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def undefused(cell: str) -> str:
    """What `defused` was given."""
    return cell[1:] if cell[0] == "'" and _DEFUSED.match(cell) else cell


def _check_storable(texts: Iterable[str]) -> None:
    for text in texts:
        if "\0" in text or (not text.isascii() and _SURROGATE.search(text)):
            raise Invalid.field("", "forbidden_character", "must be UTF-8 without NUL")


def _texts(value: "Json | Mapping[str, Json]") -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def _shown(name: str) -> str:
    return name[:64] if forbidden_character(name) is None else "?"


def _too_long() -> Invalid:
    return Invalid.field("", "too_long", f"must take at most {MAX_RECORD_SIZE} bytes")
