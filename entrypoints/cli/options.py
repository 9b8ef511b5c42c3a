"""Options and arguments that several commands share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from application.paging import MAX_LIMIT, MAX_SKIP
from entrypoints.rows import Format


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be like 2026-03-01 or 2026-03-01T08:15:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


UserName = Annotated[
    str, typer.Argument(metavar="USER", help="An email, a username or an id.", show_default=False)
]
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
CreatedFrom = Annotated[
    datetime | None, typer.Option(parser=_moment, metavar="TIME", help="Inclusive.")
]
CreatedTo = Annotated[
    datetime | None, typer.Option(parser=_moment, metavar="TIME", help="Exclusive.")
]
UpdatedFrom = CreatedFrom

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
