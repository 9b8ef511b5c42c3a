"""`tessera new project`."""

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from entrypoints.cli.failures import told_plainly
from entrypoints.cli.output import show_values
from entrypoints.cli.prompts import ask, confirm, is_so
from entrypoints.scaffold.project.making import Project
from entrypoints.scaffold.project.name import BadProject, ProjectName
from entrypoints.scaffold.ruff import NoRuff, NotInShape

_OTHERWISE = "say PATH and --name"
_ask = partial(ask, otherwise=_OTHERWISE)
_is_so = partial(is_so, otherwise=_OTHERWISE)


def new_project(
    path: Annotated[
        Path | None, typer.Argument(help="Its folder, which is not there yet.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help='Its name to people, like "Acme Orders".')
    ] = None,
    without_items: Annotated[
        bool,
        typer.Option(
            "--without-items",
            help="Leave out the example resource, with the files it has attached.",
        ),
    ] = False,
) -> None:
    """Make a service of your own: this one under your name, with a history that begins anew."""
    is_asked = path is None or name is None
    with told_plainly(BadProject, NoRuff, NotInShape):
        chosen = ProjectName.of(_ask("Name, as people say it") if name is None else name)
        if path is None:
            path = Path(_ask("Folder", default=f"../{chosen.slug}"))
        has_items = not without_items and (
            not is_asked or _is_so("With items, a resource to learn from?", default=True)
        )
        project = Project.planned(chosen, path, has_items=has_items)
        if is_asked:
            show_values(
                {
                    "name": chosen.title,
                    "command, distribution, database": chosen.slug,
                    "metrics, channels": f"{chosen.identifier}_…",
                    "folder": project.path,
                    "items": "with" if has_items else "without",
                    "files": len(project.files),
                }
            )
            confirm("Make it?", yes=False)
        project.make()
    print(f"{chosen.title} is made, and is its own first commit:")
    print(f"  cd {shlex.quote(str(project.path))}")
    print("  make serve   # or make test")
