"""`tessera db`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer
from alembic.util import CommandError

from adapters.postgres import dumps, migrations
from adapters.postgres.client_programs import ProgramMissing
from adapters.postgres.preflight import DatabaseState
from adapters.postgres.revision import newest_revision
from entrypoints.cli.failures import Misused, Refused, told_plainly
from entrypoints.cli.options import AsJson, Output, Yes
from entrypoints.cli.output import say, show_json, show_values
from entrypoints.cli.prompts import confirm
from entrypoints.cli.transfers import BYTES, destination, is_shown, opened, shown_progress
from entrypoints.not_prepared import NotPrepared
from entrypoints.preparation import database_of, inspected, too_old
from entrypoints.settings.loading import load_settings

app = typer.Typer(help="The database: its migrations, and its backups.", add_completion=False)


@contextmanager
def _database() -> Iterator[str]:
    """One that answers and is new enough, in whichever state its tables are."""
    # Alembic tells what it does on standard output, which is the command's own.
    with told_plainly(CommandError), _inspected() as (dsn, _), redirect_stdout(sys.stderr):
        yield dsn


@contextmanager
def _inspected() -> Iterator[tuple[str, DatabaseState]]:
    settings = load_settings()
    with database_of(settings) as dsn:
        state = inspected(dsn, settings.database_connect_timeout)
        if state.is_too_old:
            raise NotPrepared(too_old(state))
        yield dsn, state


@app.command("upgrade")
def upgrade(
    revision: Annotated[str, typer.Argument(help="Up to which.")] = "head", as_json: AsJson = False
) -> None:
    """Bring the database up to date."""
    with _database() as dsn:
        migrations.upgrade(dsn, revision)
        reached = migrations.current(dsn)
    _show_revision(reached, as_json=as_json)


@app.command("downgrade")
def downgrade(
    revision: Annotated[str, typer.Argument(help="Down to which; base is before the first.")] = (
        "-1"
    ),
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take migrations back, and with them what they had made room for."""
    confirm(f"Downgrade the database to {revision}, and lose what that has no room for?", yes=yes)
    with _database() as dsn:
        migrations.downgrade(dsn, revision)
        reached = migrations.current(dsn)
    _show_revision(reached, as_json=as_json)


@app.command("current")
def current(as_json: AsJson = False) -> None:
    """Show the revision the database is at, and the newest there is."""
    with _database() as dsn:
        reached = migrations.current(dsn)
    _show_revision(reached, as_json=as_json)


@app.command("revision")
def revise(
    message: Annotated[str, typer.Argument(help="What it is for.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Write a migration with what the code's tables have and the database has not."""
    with _database() as dsn:
        path = migrations.revise(dsn, message)
    if as_json:
        show_json({"path": str(path)})
    else:
        print(path)


@app.command("check")
def check(as_json: AsJson = False) -> None:
    """Refuse a database that is behind, or that differs from the code's tables."""
    with _database() as dsn:
        reached = migrations.current(dsn)
        drift = migrations.drift(dsn)
    newest = newest_revision()
    if as_json:
        show_json({"revision": reached, "head": newest, "drift": drift})
    if reached != newest:
        raise Refused(f"the database is at {reached}, and {newest} is the newest revision")
    if drift:
        raise Refused("\n".join(f"the database differs: {each}" for each in drift))
    if not as_json:
        print(f"the database is at {newest}, and as the code has it")


@app.command("backup")
def backup(output: Output = None) -> None:
    """Write all there is in the database, as of one moment, while others go on using it.
    Files and keys are kept elsewhere."""
    if is_shown(output):
        raise Misused("a backup is no text: use --output, or a pipe")
    with (
        told_plainly(dumps.DumpFailed, ProgramMissing),
        _inspected() as (dsn, state),
        shown_progress(None, *BYTES) as progress,
        destination(output) as sink,
    ):
        dumps.dump(
            dsn,
            sink,
            lambda count: progress.advance(progress.task_ids[0], count),
            server=state.major_version,
        )


@app.command("restore")
def restore(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A backup, or - for standard input.", show_default=False
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Read a backup into an empty database: all of it, or nothing."""
    with (
        told_plainly(dumps.DumpFailed, ProgramMissing),
        opened(file) as (source, size),
        _inspected() as (dsn, state),
    ):
        if not state.is_empty:
            raise Refused("the database is not empty: restore into one that was just made")
        with shown_progress(size, *BYTES) as progress:
            dumps.restore(
                dsn,
                source,
                lambda count: progress.advance(progress.task_ids[0], count),
                server=state.major_version,
            )
        reached = migrations.current(dsn)
    _show_revision(reached, as_json=as_json)
    if reached != newest_revision():
        say("the backup is of another version: see `tessera db upgrade`")


def _show_revision(reached: str | None, *, as_json: bool) -> None:
    state = {"revision": reached, "head": newest_revision()}
    if as_json:
        show_json(state)
    else:
        show_values(state)
