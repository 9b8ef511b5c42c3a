"""`tessera roles`."""

from functools import partial
from typing import Annotated

import typer

from application.access.create_role import CreateRole, CreateRoleHandler
from application.access.delete_role import DeleteRole, DeleteRoleHandler
from application.access.get_role import GetRole, GetRoleHandler
from application.access.list_roles import ListRoles, ListRolesHandler
from application.access.update_role import UpdateRole, UpdateRoleHandler
from application.access.views import RoleView
from application.changes import UNSET
from application.paging import Page, PageRequest
from domain.access import SYSTEM, Permission, RoleName
from entrypoints.bootstrap.services import Services
from entrypoints.cli.declaring import everything, list_command
from entrypoints.cli.failures import Misused
from entrypoints.cli.options import AsJson, Yes
from entrypoints.cli.output import show_done, show_resource
from entrypoints.cli.prompts import confirm
from entrypoints.cli.session import with_services

app = typer.Typer(help="Roles, and what they permit.", add_completion=False)

_COLUMNS = ("name", "description", "permissions")

Name = Annotated[str, typer.Argument(metavar="ROLE", show_default=False)]
Permissions = Annotated[
    list[Permission] | None,
    typer.Option(
        "--permission",
        metavar="PERMISSION",
        help="Such as roles:read; may come several times.",
    ),
]


@list_command(app, _COLUMNS, everything)
async def list_roles(services: Services, _: None, page: PageRequest) -> Page[RoleView]:
    """List roles; sorts by name, created_at and updated_at."""
    return await services[ListRolesHandler](ListRoles(page=page), SYSTEM)


@app.command("show")
def show_role(role: Name, as_json: AsJson = False) -> None:
    """Show a role."""
    show_resource(with_services(partial(_role, name=role)), as_json=as_json)


async def _role(services: Services, name: str) -> RoleView:
    return await services[GetRoleHandler](GetRole(name=RoleName(name)), SYSTEM)


@app.command("create")
def create_role(
    role: Name,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    permissions: Permissions = None,
    as_json: AsJson = False,
) -> None:
    """Create a role."""
    command = CreateRole(name=role, description=description, permissions=permissions or ())

    async def work(services: Services) -> RoleView:
        return await services[CreateRoleHandler](command, SYSTEM)

    show_resource(with_services(work), as_json=as_json)


@app.command("update")
def update_role(
    role: Name,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    permissions: Permissions = None,
    none: Annotated[bool, typer.Option("--none", help="Take all permissions away.")] = False,
    as_json: AsJson = False,
) -> None:
    """Change a role; the permissions given replace those it has."""
    if none and permissions:
        raise Misused("--none and --permission exclude each other")
    command = UpdateRole(
        name=RoleName(role),
        description=UNSET if description is None else description,
        permissions=UNSET if permissions is None and not none else permissions or (),
    )

    async def work(services: Services) -> RoleView:
        return await services[UpdateRoleHandler](command, SYSTEM)

    show_resource(with_services(work), as_json=as_json)


@app.command("delete")
def delete_role(role: Name, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a role that nobody holds."""
    confirm(f"Delete the role {role}?", yes=yes)

    async def work(services: Services) -> RoleView:
        found = await _role(services, role)
        await services[DeleteRoleHandler](DeleteRole(name=found.name), SYSTEM)
        return found

    show_done("deleted", with_services(work), "name", as_json=as_json)
