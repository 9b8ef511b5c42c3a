"""Rows as they come out of a file."""

from collections.abc import AsyncIterator, Mapping

from application.rows import BadRow, Row
from domain.text import Json


async def rows_of(*rows: Mapping[str, Json] | BadRow) -> AsyncIterator[Row | BadRow]:
    """On lines from 2 on, as after a header."""
    for line, row in enumerate(rows, start=2):
        yield row if isinstance(row, BadRow) else Row(line, row)
