"""`tessera mail`."""

from itertools import islice
from typing import Annotated

import typer

from adapters.mail.kept import kept_mail, kept_mails
from application.paging import DEFAULT_LIMIT, Page
from entrypoints.cli.failures import Refused, told_plainly
from entrypoints.cli.options import AsJson, Limit, Skip
from entrypoints.cli.output import show_json, show_page
from entrypoints.exports import plain
from entrypoints.settings.loading import load_settings
from entrypoints.settings.schema import Settings

app = typer.Typer(help="Mails that were kept in place of being sent.", add_completion=False)

_COLUMNS = ("id", "sent_at", "to", "subject")


@app.command("list")
def list_mails(limit: Limit = DEFAULT_LIMIT, skip: Skip = 0, as_json: AsJson = False) -> None:
    """List them, the newest first."""
    directory = _settings().kept_mail
    total = sum(1 for _ in directory.glob("*.eml"))
    shown = list(islice(kept_mails(directory), skip, skip + limit))
    show_page(Page(items=shown, total=total, next_cursor=None), _COLUMNS, as_json=as_json)


@app.command("show")
def show_mail(
    mail_id: Annotated[
        str,
        typer.Argument(
            metavar="[MAIL_ID]", help="Or its beginning; the newest by default.", show_default=False
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show a mail as text, with its links."""
    directory = _settings().kept_mail
    mail = kept_mail(directory, mail_id) if mail_id else next(kept_mails(directory), None)
    if mail is None:
        raise Refused("No such mail.")
    if as_json:
        show_json(plain(mail))
    else:
        print(f"To: {mail.to}\nSubject: {mail.subject}\n\n{mail.text}", end="")


def _settings() -> Settings:
    with told_plainly():
        settings = load_settings()
    if settings.smtp_host is not None:
        raise Refused("mails are sent by SMTP_HOST, and none is kept")
    return settings
