"""Options and arguments that several commands share."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from application.paging import MAX_LIMIT, MAX_SKIP
from domain.text import Json
from entrypoints import strict_json
from entrypoints.rows import Format


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be like 2026-03-01 or 2026-03-01T08:15:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be like 2026-03-01") from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter("must be like 12.50") from None


def _json_object(text: str) -> dict[str, Json]:
    try:
        value = strict_json.parse(text.encode(errors="surrogatepass"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise typer.BadParameter("must be a JSON object")
    return value


Given = TypeVar("Given")
"""What an option has, or None where it may be left out."""

Plain = Annotated[Given, typer.Option(show_default=False)]
InDays = Annotated[Given, typer.Option(parser=_day, metavar="DAY", show_default=False)]
InTime = Annotated[Given, typer.Option(parser=_moment, metavar="TIME", show_default=False)]
InDecimals = Annotated[Given, typer.Option(parser=_decimal, metavar="NUMBER", show_default=False)]
InJson = Annotated[Given, typer.Option(parser=_json_object, metavar="JSON", show_default=False)]

UserName = Annotated[
    str, typer.Argument(metavar="USER", help="An email, a username or an id.", show_default=False)
]
ResourceId = Annotated[UUID, typer.Argument(metavar="ID", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]

Limit = Annotated[int, typer.Option(min=1, max=MAX_LIMIT, help="How many to show.")]
Skip = Annotated[int, typer.Option(min=0, max=MAX_SKIP, help="How many to leave out.")]
Cursor = Annotated[str | None, typer.Option(help="What the page before ended with.")]
Sort = Annotated[
    str | None, typer.Option(help="Fields, separated by commas; with - in front downwards.")
]
Only = Annotated[Given | None, typer.Option(help="Only these.")]
OwnedBy = Annotated[str | None, typer.Option(metavar="USER", help="An email, a username or an id.")]
NamedUser = Annotated[
    str, typer.Option(metavar="USER", help="An email, a username or an id.", show_default=False)
]
Containing = Annotated[
    dict[str, Json] | None,
    typer.Option(parser=_json_object, metavar="JSON", help="What it must contain."),
]
Deleted = Annotated[bool, typer.Option("--deleted", help="The deleted ones instead.")]
From = Annotated[Given | None, typer.Option(help="Inclusive.")]
To = Annotated[Given | None, typer.Option(help="Exclusive.")]
FromDay = Annotated[date | None, typer.Option(parser=_day, metavar="DAY", help="Inclusive.")]
ToDay = Annotated[date | None, typer.Option(parser=_day, metavar="DAY", help="Exclusive.")]
FromTime = Annotated[
    datetime | None, typer.Option(parser=_moment, metavar="TIME", help="Inclusive.")
]
ToTime = Annotated[datetime | None, typer.Option(parser=_moment, metavar="TIME", help="Exclusive.")]
FromDecimal = Annotated[
    Decimal | None, typer.Option(parser=_decimal, metavar="NUMBER", help="Inclusive.")
]
ToDecimal = Annotated[
    Decimal | None, typer.Option(parser=_decimal, metavar="NUMBER", help="Exclusive.")
]

ImportedFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A CSV or NDJSON file, or - for standard input.",
        show_default=False,
    ),
]
FileFormat = Annotated[
    Format | None, typer.Option("--format", help="By default as the file's name ends.")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", dir_okay=False, help="Write here, and not to standard output."),
]
