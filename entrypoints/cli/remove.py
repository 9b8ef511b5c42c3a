"""`tessera remove`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from entrypoints.cli.failures import Refused, told_plainly
from entrypoints.cli.output import say
from entrypoints.scaffold.applied import applied
from entrypoints.scaffold.checkout import Checkout, NoCheckout
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.removing import record_of, removal_of

app = typer.Typer(help="Take out what `new` wrote: a feature.", add_completion=False)


@app.callback()
def remove() -> None:
    """Take out what `new` wrote: a feature."""


@app.command("feature")
def remove_feature(
    name: Annotated[str, typer.Argument(help="One of them or many, like purchase-order.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also where changes by hand are lost.")
    ] = False,
    keep_migration: Annotated[
        bool | None,
        typer.Option(
            "--applied/--never-applied",
            help="Whether a database somewhere has its table: asked of the configured one, and of"
            " git, where this does not say it.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be changed.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Only show it, as a patch.")] = False,
) -> None:
    """Take a feature out again: its files, and exactly the lines that others were given for it.

    Where a database may have its table, a new migration drops it.
    """
    with told_plainly(NoCheckout, BadFeature):
        checkout = Checkout.around(Path.cwd())
        record = record_of(name, checkout)
        if keep_migration is None:
            found = applied(
                record.migration, record.migration_path, checkout.root, checkout.revisions
            )
            say(f"{found.because}: {_CONSEQUENCE[found.answer]}")
            keep_migration = found.answer
        removal = removal_of(record, checkout, datetime.now(UTC).date(), is_applied=keep_migration)
    if removal.edits and not force:
        raise Refused("\n".join([*removal.edits, "nothing was removed; --force does it anyway"]))
    if diff:
        print(removal.plan.diff, end="")
        return
    for line in removal.plan.listing:
        print(line)
    if dry_run:
        return
    removal.plan.write()
    say(f"removed the feature {record.plural}")


_CONSEQUENCE = {True: "a new migration drops it", False: "its migration goes as well"}
