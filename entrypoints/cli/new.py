"""`tessera new`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from entrypoints.cli.failures import told_plainly
from entrypoints.cli.new_project import new_project
from entrypoints.cli.output import say
from entrypoints.scaffold.checkout import Checkout, NoCheckout
from entrypoints.scaffold.contract import NotWorking
from entrypoints.scaffold.making import plan_of
from entrypoints.scaffold.naming import BadFeature
from entrypoints.scaffold.parsing import parse_feature
from entrypoints.scaffold.places import NoPlace
from entrypoints.scaffold.ruff import NoRuff, NotInShape

app = typer.Typer(help="Write what a product adds: a feature.", add_completion=False)

app.command("project")(new_project)


@app.callback()
def new() -> None:
    """Write what a product adds: a feature."""


@app.command("feature")
def new_feature(
    name: Annotated[str, typer.Argument(help="One of them, like purchase-order.")],
    plural: Annotated[
        str | None, typer.Option(help="Many of them, where English does not form it by rule.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:TYPE[:CONSTRAINT…]",
            help="A field, like number:str:required:unique:max=40. Again for each.",
        ),
    ] = None,
    owned: Annotated[bool, typer.Option("--owned", help="Each belongs to an account.")] = False,
    soft_delete: Annotated[
        bool, typer.Option("--soft-delete", help="What was deleted can be restored.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="What happens to them can be followed live.")
    ] = False,
    searchable: Annotated[
        bool, typer.Option("--searchable", help="They can be searched by words.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be written.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Only show it, as a patch.")] = False,
) -> None:
    """Write a feature: a resource with everything that items have."""
    with told_plainly(NoCheckout, BadFeature, NoPlace, NoRuff, NotInShape, NotWorking):
        checkout = Checkout.around(Path.cwd())
        feature = parse_feature(
            name,
            field or (),
            checkout.surroundings(),
            plural=plural,
            is_owned=owned,
            soft_deletes=soft_delete,
            has_events=events,
            is_searchable=searchable,
        )
        plan = plan_of(feature, checkout, datetime.now(UTC).date())
    if diff:
        print(plan.diff, end="")
        return
    for line in plan.listing:
        print(line)
    if dry_run:
        return
    plan.write()
    say(f"made the feature {feature.plural.kebab}")
