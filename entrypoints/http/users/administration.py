"""Anyone's account over HTTP: signing up, and looking after the others."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

import attrs
from fastapi import Query, Request, Response
from pydantic import ConfigDict, Field

from application.changes import UNSET
from application.paging import Page as PageOfViews
from application.users.assign_roles import AssignRoles, AssignRolesHandler
from application.users.delete_user import DeleteUser, DeleteUserHandler
from application.users.get_user import GetUser, GetUserHandler
from application.users.list_users import ListUsers, ListUsersHandler
from application.users.listing import UserFilter
from application.users.register_user import RegisterUser, RegisterUserHandler
from application.users.restore_user import RestoreUser, RestoreUserHandler
from application.users.update_user import UpdateUser, UpdateUserHandler
from application.users.views import UserView
from domain.access import (
    MAX_ROLE_NAME_LENGTH,
    Permission,
    PermissionDenied,
    RoleName,
    RoleNotFound,
    UserId,
)
from domain.errors import VersionMismatch
from domain.passwords import Password
from domain.users import EmailTaken, LastSuperuser, UsernameTaken, UserNotFound
from entrypoints.http.conditional import ExpectedVersions, answer
from entrypoints.http.routing import API_V1_STR, PUBLIC, declared, needs, own_or, router_of
from entrypoints.http.schemas import (
    Body,
    Email,
    Line,
    ListQuery,
    Moment,
    NewPassword,
    Page,
    without_default,
)
from entrypoints.http.users.shapes import FullName, OwnChanges, Username, UserShape, etag_of_user
from entrypoints.http.wiring import AnyActor, CurrentActor, Inject

router = router_of("users", prefix=f"{API_V1_STR}/users")

RoleNames = Annotated[list[Line], Field(max_length=100, examples=[["member"]])]


class NewUser(Body):
    # Without the rights, which a stranger may not set: this is what "Try it out" sends.
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ada@example.com",
                    "password": "correct horse battery staple",
                    "full_name": "Ada Lovelace",
                }
            ]
        }
    )

    email: Email
    password: NewPassword
    username: Username | None = Field(None, description="Made from the email where absent.")
    full_name: FullName | None = None
    is_active: bool = Field(
        default=True, description="Wants `users:create`.", json_schema_extra=without_default
    )
    is_superuser: bool = Field(
        default=False, description="Wants a superuser.", json_schema_extra=without_default
    )
    roles: RoleNames = Field(
        default=["member"],
        description="Wants `users:create`.",
        json_schema_extra=without_default,
    )


class UserChanges(OwnChanges):
    """Only the fields that are present are changed; the rights want `users:update`."""

    is_active: bool = True
    is_superuser: bool = False

    def command(self, user_id: UserId, expected_versions: Collection[int] | None) -> UpdateUser:
        sent = self.model_fields_set
        return attrs.evolve(
            super().command(user_id, expected_versions),
            is_active=self.is_active if "is_active" in sent else UNSET,
            is_superuser=self.is_superuser if "is_superuser" in sent else UNSET,
        )


class RoleAssignment(Body):
    roles: RoleNames


class UserQuery(ListQuery):
    q: Line | None = Field(
        default=None, max_length=255, description="Part of email, username or full name."
    )
    is_active: bool | None = None
    role: Line | None = Field(default=None, max_length=MAX_ROLE_NAME_LENGTH)
    created_from: Moment | None = Field(default=None, description="Inclusive.")
    created_to: Moment | None = Field(default=None, description="Exclusive.")


@router.get(
    "/{user_id}",
    response_model=UserShape,
    summary="Get an account",
    **declared(own_or(Permission.USERS_READ), UserNotFound, conditional=True),
)
async def get_user(
    user_id: UUID,
    request: Request,
    response: Response,
    actor: CurrentActor,
    get: Inject[GetUserHandler],
) -> UserView | Response:
    """One's own account, or anyone's with `users:read`."""
    user = await get(GetUser(user_id=UserId(user_id)), actor)
    return answer(request, response, etag_of_user(user)) or user


@router.get(
    "",
    response_model=Page[UserShape],
    summary="List accounts",
    **declared(needs(Permission.USERS_READ), PermissionDenied),
)
async def list_users(
    query: Annotated[UserQuery, Query()],
    actor: CurrentActor,
    list_: Inject[ListUsersHandler],
) -> PageOfViews[UserView]:
    """Sorts by `created_at`, `updated_at`, `email` and `username`."""
    return await list_(ListUsers(chosen=UserFilter.of(query), page=query.page()), actor)


@router.post(
    "",
    status_code=201,
    response_model=UserShape,
    summary="Sign up",
    **declared(PUBLIC, EmailTaken, UsernameTaken, PermissionDenied, RoleNotFound, repeatable=True),
)
async def register_user(
    body: NewUser, response: Response, actor: AnyActor, register: Inject[RegisterUserHandler]
) -> UserView:
    """Anyone, where sign-up is open. With `users:create` also for others, with rights of their
    own; nobody grants what they don't hold."""
    sent = body.model_fields_set
    user = await register(
        RegisterUser(
            email=body.email,
            password=Password(body.password),
            username=body.username,
            full_name=body.full_name,
            is_active=body.is_active if "is_active" in sent else UNSET,
            is_superuser=body.is_superuser if "is_superuser" in sent else UNSET,
            roles=[RoleName(name) for name in body.roles] if "roles" in sent else UNSET,
        ),
        actor,
    )
    response.headers["Location"] = f"/api/v1/users/{user.id}"
    response.headers["ETag"] = etag_of_user(user)
    return user


@router.patch(
    "/{user_id}",
    response_model=UserShape,
    summary="Change an account",
    **declared(
        own_or(Permission.USERS_UPDATE),
        UserNotFound,
        PermissionDenied,
        UsernameTaken,
        LastSuperuser,
        VersionMismatch,
    ),
)
async def update_user(
    user_id: UUID,
    body: UserChanges,
    response: Response,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    update: Inject[UpdateUserHandler],
) -> UserView:
    """Changes the fields that are present and leaves the others. The last active superuser
    stays one."""
    user = await update(body.command(UserId(user_id), expected_versions), actor)
    response.headers["ETag"] = etag_of_user(user)
    return user


@router.delete(
    "/{user_id}",
    status_code=204,
    summary="Delete an account",
    **declared(
        needs(Permission.USERS_DELETE),
        UserNotFound,
        PermissionDenied,
        LastSuperuser,
        VersionMismatch,
    ),
)
async def delete_user(
    user_id: UUID,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    delete: Inject[DeleteUserHandler],
) -> None:
    """Softly: it can be restored. Every session of the account ends."""
    await delete(DeleteUser(user_id=UserId(user_id), expected_versions=expected_versions), actor)


@router.post(
    "/{user_id}/restore",
    response_model=UserShape,
    summary="Restore an account",
    **declared(needs(Permission.USERS_DELETE), UserNotFound, PermissionDenied),
)
async def restore_user(
    user_id: UUID, response: Response, actor: CurrentActor, restore: Inject[RestoreUserHandler]
) -> UserView:
    """Brings a deleted account back; one that is not deleted stays as it is."""
    user = await restore(RestoreUser(user_id=UserId(user_id)), actor)
    response.headers["ETag"] = etag_of_user(user)
    return user


@router.put(
    "/{user_id}/roles",
    response_model=UserShape,
    summary="Assign roles",
    **declared(
        needs(Permission.ROLES_ASSIGN),
        UserNotFound,
        RoleNotFound,
        PermissionDenied,
        VersionMismatch,
    ),
)
async def assign_roles(
    user_id: UUID,
    body: RoleAssignment,
    response: Response,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    assign: Inject[AssignRolesHandler],
) -> UserView:
    """In place of those the account had. Nobody gives or takes what they don't hold."""
    user = await assign(
        AssignRoles(
            user_id=UserId(user_id),
            roles=[RoleName(name) for name in body.roles],
            expected_versions=expected_versions,
        ),
        actor,
    )
    response.headers["ETag"] = etag_of_user(user)
    return user
