"""What a command answers: a table for people, one JSON document for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import attrs
from pydantic_core import to_json
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from application.paging import Page
from entrypoints.exports import View, plain

# Where nobody looks at it, a table is for `grep`, and its lines are never broken.
_ENDLESS = 100_000


def show_json(document: object) -> None:
    """In UTF-8, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(to_json(document, indent=2) + b"\n")


def show_resource(view: attrs.AttrsInstance, *, as_json: bool) -> None:
    if as_json:
        show_json(plain(view))
    else:
        show_values(plain(view))


def show_done(deed: str, view: attrs.AttrsInstance, name: str, *, as_json: bool) -> None:
    """A sentence for people; programs get what it was done to."""
    if as_json:
        show_json(plain(view))
    else:
        print(f"{deed} {getattr(view, name)}")


def show_values(values: Mapping[str, object]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(Text(name), Text(as_text(value)))
    _print(table)


def show_page(page: Page[View], columns: Sequence[str], *, as_json: bool) -> None:
    """`columns` are what a table has room for; JSON has all."""
    if as_json:
        show_json(
            {
                "items": [plain(view) for view in page.items],
                "total": page.total,
                "next_cursor": page.next_cursor,
            }
        )
        return
    show_table(columns, ([getattr(view, name) for name in columns] for view in page.items))
    if page.total is not None:
        say(f"{len(page.items)} of {page.total}")
    if page.next_cursor is not None:
        say(f"for what follows: --cursor {page.next_cursor}")


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(Text(name), overflow="fold", no_wrap=name == "id")
    for row in rows:
        table.add_row(*(Text(as_text(value)) for value in row))
    _print(table)


def say(line: str) -> None:
    """A word to people beside the answer, in nobody's pipe."""
    print(line, file=sys.stderr)


def as_text(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
        case list() | tuple():
            return ", ".join(map(str, value)) or "-"
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _print(table: Table) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _ENDLESS
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        if line.strip():
            print(line.rstrip())
