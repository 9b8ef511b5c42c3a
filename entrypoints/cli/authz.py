"""`tessera authz`."""

from functools import partial
from typing import Annotated

import typer

from application.access.explain_access import (
    AccessExplanation,
    ExplainAccess,
    ExplainAccessHandler,
)
from domain.access import SYSTEM, Permission
from entrypoints.bootstrap.services import Services
from entrypoints.cli.options import AsJson, UserName
from entrypoints.cli.output import show_resource
from entrypoints.cli.session import with_services

app = typer.Typer(help="Who may do what, and why.", add_completion=False)


@app.callback()
def authz() -> None:
    """Who may do what, and why."""


@app.command("explain")
def explain_access(
    user: UserName,
    permission: Annotated[
        Permission, typer.Argument(metavar="PERMISSION", show_default=False, help="roles:read")
    ],
    key: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="By this API key of the user's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a user may do a thing, and why; the exit status is 0 for yes and 1 for no."""
    command = ExplainAccess(user=user, permission=permission, api_key=key)
    explanation = with_services(partial(_explain, command=command))
    show_resource(explanation, as_json=as_json)
    if not explanation.allowed:
        raise typer.Exit(1)


async def _explain(services: Services, command: ExplainAccess) -> AccessExplanation:
    return await services[ExplainAccessHandler](command, SYSTEM)
