"""`tessera new`."""

import typer

from entrypoints.cli.new_feature import new_feature
from entrypoints.cli.new_project import new_project

app = typer.Typer(help="Write what a product adds: a feature, a project.", add_completion=False)


@app.callback()
def new() -> None:
    """Write what a product adds: a feature, a project."""


app.command("feature")(new_feature)
app.command("project")(new_project)
