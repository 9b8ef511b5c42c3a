"""Roles and permissions over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query, Request, Response
from pydantic import Field

from application.access.create_role import CreateRole, CreateRoleHandler
from application.access.delete_role import DeleteRole, DeleteRoleHandler
from application.access.get_role import GetRole, GetRoleHandler
from application.access.list_roles import ListRoles, ListRolesHandler
from application.access.update_role import UpdateRole, UpdateRoleHandler
from application.access.views import RoleView
from application.changes import UNSET
from application.paging import Page as PageOfViews
from domain.access import (
    MAX_ROLE_DESCRIPTION_LENGTH,
    MAX_ROLE_NAME_LENGTH,
    ROLE_NAME_PATTERN,
    EmailNotVerified,
    Permission,
    PermissionDenied,
    RoleBuiltIn,
    RoleInUse,
    RoleName,
    RoleNameTaken,
    RoleNotFound,
)
from domain.errors import Invalid, VersionMismatch
from entrypoints.http.conditional import ExpectedVersions, answer, etag_of
from entrypoints.http.routing import API_V1_STR, SIGNED_IN, declared, needs, router_of
from entrypoints.http.schemas import Body, Changes, Line, NoQuery, Page, PageQuery, Shape
from entrypoints.http.wiring import CurrentActor, Inject

router = router_of("access", prefix=API_V1_STR)

RoleNamePath = Annotated[Line, Path(max_length=MAX_ROLE_NAME_LENGTH)]
Description = Annotated[
    Line, Field(max_length=MAX_ROLE_DESCRIPTION_LENGTH, examples=["Looks after the catalogue"])
]
PermissionName = Annotated[Permission, Field(strict=False)]
Permissions = Annotated[
    list[PermissionName],
    Field(max_length=200, examples=[["users:read", "users:update"]]),
]


class NewRole(Body):
    name: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=MAX_ROLE_NAME_LENGTH,
            description="Of a-z, 0-9, `_` and `-`, a letter first. It never changes.",
            examples=["editor"],
            json_schema_extra={"pattern": ROLE_NAME_PATTERN},
        ),
    ]
    description: Description = ""
    permissions: Permissions = Field(default_factory=list)


class RoleChanges(Changes):
    """Only the fields that are present are changed."""

    description: Description = ""
    permissions: Permissions = Field(default_factory=list)


class RoleShape(Shape):
    name: str
    description: str
    permissions: list[Permission]
    created_at: datetime
    updated_at: datetime
    version: int


class CataloguedPermission(Shape):
    name: Permission
    description: str


class Catalogue(Shape):
    items: list[CataloguedPermission]
    total: int
    next_cursor: None = None


@router.get(
    "/permissions",
    response_model=Catalogue,
    summary="List permissions",
    **declared(SIGNED_IN, EmailNotVerified, Invalid),
)
async def list_permissions(_query: Annotated[NoQuery, Query()], actor: CurrentActor) -> Catalogue:
    """The whole catalogue, on one page."""
    actor.require_user()
    every = [CataloguedPermission(name=each, description=each.description) for each in Permission]
    return Catalogue(items=every, total=len(every))


@router.get(
    "/roles/{name}",
    response_model=RoleShape,
    summary="Get a role",
    **declared(needs(Permission.ROLES_READ), RoleNotFound, PermissionDenied, conditional=True),
)
async def get_role(
    name: RoleNamePath,
    request: Request,
    response: Response,
    actor: CurrentActor,
    get: Inject[GetRoleHandler],
) -> RoleView | Response:
    """A role by its name."""
    role = await get(GetRole(name=RoleName(name)), actor)
    return answer(request, response, etag_of(role.version)) or role


@router.get(
    "/roles",
    response_model=Page[RoleShape],
    summary="List roles",
    **declared(needs(Permission.ROLES_READ), PermissionDenied),
)
async def list_roles(
    query: PageQuery, actor: CurrentActor, list_: Inject[ListRolesHandler]
) -> PageOfViews[RoleView]:
    """Sorts by `name`, `created_at` and `updated_at`."""
    return await list_(ListRoles(page=query.page()), actor)


@router.post(
    "/roles",
    status_code=201,
    response_model=RoleShape,
    summary="Create a role",
    **declared(needs(Permission.ROLES_CREATE), RoleNameTaken, PermissionDenied, repeatable=True),
)
async def create_role(
    body: NewRole, response: Response, actor: CurrentActor, create: Inject[CreateRoleHandler]
) -> RoleView:
    """Nobody grants what they don't hold."""
    role = await create(
        CreateRole(name=body.name, description=body.description, permissions=body.permissions),
        actor,
    )
    response.headers["Location"] = f"/api/v1/roles/{role.name}"
    response.headers["ETag"] = etag_of(role.version)
    return role


@router.patch(
    "/roles/{name}",
    response_model=RoleShape,
    summary="Change a role",
    **declared(
        needs(Permission.ROLES_UPDATE),
        RoleNotFound,
        RoleBuiltIn,
        PermissionDenied,
        VersionMismatch,
    ),
)
async def update_role(
    name: RoleNamePath,
    body: RoleChanges,
    response: Response,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    update: Inject[UpdateRoleHandler],
) -> RoleView:
    """Takes effect on the next request of everyone who holds the role."""
    sent = body.model_fields_set
    role = await update(
        UpdateRole(
            name=RoleName(name),
            description=body.description if "description" in sent else UNSET,
            permissions=body.permissions if "permissions" in sent else UNSET,
            expected_versions=expected_versions,
        ),
        actor,
    )
    response.headers["ETag"] = etag_of(role.version)
    return role


@router.delete(
    "/roles/{name}",
    status_code=204,
    summary="Delete a role",
    **declared(
        needs(Permission.ROLES_DELETE),
        RoleNotFound,
        RoleInUse,
        RoleBuiltIn,
        PermissionDenied,
        VersionMismatch,
    ),
)
async def delete_role(
    name: RoleNamePath,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    delete: Inject[DeleteRoleHandler],
) -> None:
    """Only one that nobody holds."""
    await delete(DeleteRole(name=RoleName(name), expected_versions=expected_versions), actor)
