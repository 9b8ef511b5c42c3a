"""Rows out of bytes: good ones, bad ones, and files that nobody should have made."""

import csv
import io
import json
import tracemalloc
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.rows import BadRow, Row
from domain.text import Json
from entrypoints.rows import (
    MAX_RECORD_SIZE,
    Fields,
    Format,
    defused,
    read_rows,
    undefused,
)

FIELDS = Fields(
    known=frozenset({"title", "description", "attributes"}),
    required=frozenset({"title"}),
    passed_over=frozenset({"id", "version"}),
)


async def chunked(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def rows(content: bytes | str, file_format: Format, chunk: int = 7) -> list[Row | BadRow]:
    if isinstance(content, str):
        content = content.encode()
    return [row async for row in read_rows(chunked(content, chunk), file_format, FIELDS)]


async def of_csv(content: bytes | str, chunk: int = 7) -> list[Row | BadRow]:
    return await rows(content, Format.CSV, chunk)


async def of_ndjson(content: bytes | str, chunk: int = 7) -> list[Row | BadRow]:
    return await rows(content, Format.NDJSON, chunk)


def faults(read: Iterable[Row | BadRow]) -> list[tuple[int, str, str]]:
    return [(row.line, row.error.field, row.error.code) for row in read if isinstance(row, BadRow)]


def good(read: Iterable[Row | BadRow]) -> list[tuple[int, Mapping[str, Json]]]:
    return [(row.line, row.values) for row in read if isinstance(row, Row)]


async def test_reads_csv_under_its_header() -> None:
    read = await of_csv("description,title\nBrass,Lamp\n,Chair\n")
    assert read == [
        Row(2, {"description": "Brass", "title": "Lamp"}),
        Row(3, {"title": "Chair"}),
    ]


@pytest.mark.parametrize("content", ["", "\n\n", "title\n", "title", "\ufeff", "\r\n \n"[:2]])
async def test_finds_no_rows_in_an_empty_csv(content: str) -> None:
    assert await of_csv(content) == []


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", " \r\n"])
async def test_finds_no_rows_in_an_empty_ndjson(content: str) -> None:
    assert await of_ndjson(content) == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_a_record_begins_where_its_quoted_cells_do(end: str) -> None:
    lines = ["title,description", 'Lamp,"one', '"",two"', "", "Chair,", '"Ta', 'ble",x', "Bad"]
    read = await of_csv(end.join(lines))
    assert good(read) == [
        (2, {"title": "Lamp", "description": f'one{end}",two'}),
        (5, {"title": "Chair"}),
        (6, {"title": f"Ta{end}ble", "description": "x"}),
    ]
    assert faults(read) == [(8, "", "wrong_cell_count")]


async def test_tolerates_a_byte_order_mark() -> None:
    assert good(await of_csv("\ufefftitle\nLamp", chunk=1)) == [(2, {"title": "Lamp"})]
    assert good(await of_ndjson('\ufeff{"title": "Lamp"}', chunk=1)) == [(1, {"title": "Lamp"})]


async def test_passes_over_what_the_service_sets_itself() -> None:
    assert good(await of_csv("id,title,version\n7,Lamp,1")) == [(2, {"title": "Lamp"})]
    assert good(await of_ndjson('{"id": 7, "title": "Lamp"}')) == [(1, {"title": "Lamp"})]


@pytest.mark.parametrize(
    ("header", "field", "code"),
    [
        ("Lamp,green", "Lamp", "unknown_column"),
        ("title;description", "title;description", "unknown_column"),
        ("title,", "", "unknown_column"),
        ("title,\x1b[31m", "?", "unknown_column"),
        ("title," + "x" * 100, "x" * 64, "unknown_column"),
        ("title,description,title", "title", "duplicate_column"),
        ("description", "title", "missing_column"),
        ("\0title", "", "forbidden_character"),
        ('"title', "", "malformed_csv"),
    ],
)
async def test_a_header_it_cannot_understand_is_the_only_fault(
    header: str, field: str, code: str
) -> None:
    read = await of_csv(f"{header}\nLamp,1,2,3,4\n\0\n" if code != "malformed_csv" else header)
    assert read == [row for row in read if isinstance(row, BadRow)]
    assert faults(read) == [(1, field, code)]


async def test_the_header_may_stand_behind_empty_lines_and_in_spaces() -> None:
    assert await of_csv("\n\n title , description\nLamp,x") == [
        Row(4, {"title": "Lamp", "description": "x"})
    ]


async def test_a_header_in_another_encoding_is_told() -> None:
    assert faults(await of_csv("title\nLamp\n".encode("utf-16"))) == [
        (1, "", "forbidden_character")
    ]


async def test_a_bad_csv_row_spoils_no_other() -> None:
    content = b'title\nLamp\n\xff\xfe\nChair\na\0b\n"x"y\nTable\na,b\n\xed\xa0\x80\nBed\n"open\n'
    read = await of_csv(content)
    assert good(read) == [
        (2, {"title": "Lamp"}),
        (4, {"title": "Chair"}),
        (7, {"title": "Table"}),
        (10, {"title": "Bed"}),
    ]
    assert faults(read) == [
        (3, "", "forbidden_character"),
        (5, "", "forbidden_character"),
        (6, "", "malformed_csv"),
        (8, "", "wrong_cell_count"),
        (9, "", "forbidden_character"),
        (11, "", "malformed_csv"),
    ]


async def test_says_in_words_what_is_wrong_with_a_csv_record() -> None:
    read = await of_csv('title\na\rb\n"open')
    details = [row.error.detail for row in read if isinstance(row, BadRow)]
    assert details == [
        "a carriage return must stand in quotes or before a line feed",
        "a quote is opened and never closed",
    ]


async def test_a_bad_ndjson_row_spoils_no_other() -> None:
    lines = [
        b'{"title": "Lamp"}',
        b'{"title": "a", "title": "b"}',
        b'{"title": NaN}',
        b"[1]",
        b'{"title": "\xff"}',
        b"",
        b'{"title": "x"',
        b'{"titel": "x"}',
        b'{"\\u001b": "x"}',
        b'{"title": "a\\u0000b"}',
        b'{"attributes": {"list": [{"a\\ud800": 1}]}}',
        b'{"title": "a\0b"}',
        b"[" * 100_000,
        b'{"title": ' + b"9" * 10_000 + b"}",
        b'{"title": "\\\\u0000 \\ud83d\\ude00"}\r',
    ]
    read = await of_ndjson(b"\n".join(lines), chunk=4096)
    assert good(read) == [(1, {"title": "Lamp"}), (15, {"title": "\\u0000 \U0001f600"})]
    assert faults(read) == [
        (2, "", "malformed_json"),
        (3, "", "malformed_json"),
        (4, "", "wrong_type"),
        (5, "", "malformed_json"),
        (7, "", "malformed_json"),
        (8, "titel", "unknown_field"),
        (9, "?", "unknown_field"),
        (10, "", "forbidden_character"),
        (11, "", "forbidden_character"),
        (12, "", "malformed_json"),
        (13, "", "malformed_json"),
        (14, "", "malformed_json"),
    ]


@pytest.mark.parametrize("file_format", Format)
@pytest.mark.parametrize("chunk", [1000, 100_000, 10_000_000])
async def test_an_endless_line_is_one_bad_row(file_format: Format, chunk: int) -> None:
    is_csv = file_format is Format.CSV
    lamp = b"Lamp" if is_csv else b'{"title": "Lamp"}'
    header = [b"title"] if is_csv else []
    lines = [*header, lamp, b"x" * (MAX_RECORD_SIZE + 1), lamp, b"y" * 3 * MAX_RECORD_SIZE]
    read = await rows(b"\n".join(lines), file_format, chunk)
    shift = len(header)
    assert good(read) == [(1 + shift, {"title": "Lamp"}), (3 + shift, {"title": "Lamp"})]
    assert faults(read) == [(2 + shift, "", "too_long"), (4 + shift, "", "too_long")]


async def test_a_quote_that_is_never_closed_does_not_swallow_the_file() -> None:
    content = b'title\n"open\n' + b"x" * 99 + (b"\n" + b"x" * 99) * 2000 + b"\nLamp"
    read = await of_csv(content, 4096)
    assert faults(read)[0] == (2, "", "too_long")
    assert good(read)[-1] == (2004, {"title": "Lamp"})


async def test_a_record_of_countless_cells_does_not_swallow_the_file() -> None:
    read = await of_csv(b'title\n"' + b'\n","' * 300_000 + b'"\nLamp', 100_000)
    assert faults(read)[0] == (2, "", "too_long")
    assert len(read) > 1


@pytest.mark.parametrize("file_format", Format)
async def test_reads_in_constant_memory(file_format: Format) -> None:
    is_csv = file_format is Format.CSV
    text = "x" * 5000
    line = f'Lamp,"a\n{text}"' if is_csv else json.dumps({"title": "Lamp", "description": text})

    async def content() -> AsyncIterator[bytes]:
        yield b"title,description\n" if is_csv else b""
        for _ in range(4000):
            yield f"{line}\n".encode()

    count = 0
    tracemalloc.start()
    async for row in read_rows(content(), file_format, FIELDS):
        assert isinstance(row, Row)
        count += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 4000
    assert peak < 1024 * 1024  # of 20


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(
    st.lists(st.tuples(cells, cells), max_size=20),
    # csv writes a carriage return without quotes where lines do not end with one.
    st.sampled_from([("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL)]),
    st.integers(min_value=1, max_value=50),
)
async def test_reads_whatever_csv_writes(
    written: list[tuple[str, str]], dialect: tuple[str, Literal[0, 1]], chunk: int
) -> None:
    file = io.StringIO(newline="")
    end, quoting = dialect
    writer = csv.writer(file, lineterminator=end, quoting=quoting)
    writer.writerow(["title", "description"])
    lines = []
    for title, description in written:
        lines.append(file.getvalue().count("\n") + 1)
        writer.writerow([defused(title), defused(description)])
    read = await of_csv(file.getvalue(), chunk)
    assert faults(read) == []
    assert good(read) == [
        (
            line,
            {name: text for name, text in (("title", title), ("description", description)) if text},
        )
        for line, (title, description) in zip(lines, written, strict=True)
    ]


@given(st.binary(max_size=300), st.sampled_from(Format), st.integers(min_value=1, max_value=300))
async def test_reads_anything_at_all_to_its_end(
    content: bytes, file_format: Format, chunk: int
) -> None:
    whole = await rows(b"title\n" + content, file_format, 1_000_000)
    assert await rows(b"title\n" + content, file_format, chunk) == whole
    last = (b"title\n" + content).count(b"\n") + 1
    assert all(1 <= row.line <= last for row in whole)
    assert json.dumps([str(row) for row in whole])


@given(cells)
def test_what_is_defused_comes_back_as_it_was(cell: str) -> None:
    assert undefused(defused(cell) or " ").strip() == cell.strip()
    assert not defused(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(1)", "\tx", "\rx", "'=1", "''@x"])
def test_defuses_what_a_spreadsheet_runs(cell: str) -> None:
    assert defused(cell) == f"'{cell}"
    assert undefused(f"'{cell}") == cell


@pytest.mark.parametrize("cell", ["", "a=1", "'tis", "1-1", "'", "''"])
def test_leaves_other_cells_alone(cell: str) -> None:
    assert defused(cell) == cell
    assert undefused(cell or "x") == (cell or "x")
