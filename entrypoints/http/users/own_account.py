"""One's own account over HTTP."""

from fastapi import Request, Response
from pydantic import RootModel

from application.transfers import Transfers
from application.users.change_password import ChangePassword, ChangePasswordHandler
from application.users.delete_own_account import DeleteOwnAccount, DeleteOwnAccountHandler
from application.users.get_user import GetUser, GetUserHandler
from application.users.own_data import ExportOwnDataHandler
from application.users.request_email_change import RequestEmailChange, RequestEmailChangeHandler
from application.users.update_user import UpdateUserHandler
from application.users.views import UserView
from domain.errors import VersionMismatch
from domain.passwords import Password, WrongPassword
from domain.users import LastSuperuser, UsernameTaken
from entrypoints.exports import as_json
from entrypoints.http.conditional import ExpectedVersions, answer
from entrypoints.http.endpoint import JSON
from entrypoints.http.routing import API_V1_STR, IN_PERSON, SIGNED_IN, declared, router_of
from entrypoints.http.schemas import Body, Email, KnownPassword, NewPassword
from entrypoints.http.streams import exported
from entrypoints.http.users.shapes import OwnChanges, UserShape, etag_of_user
from entrypoints.http.wiring import CurrentActor, Inject

router = router_of("users", prefix=f"{API_V1_STR}/users")


class PasswordChange(Body):
    current_password: KnownPassword
    new_password: NewPassword


class EmailChange(Body):
    new_email: Email
    password: KnownPassword


class Confirmation(Body):
    password: KnownPassword


@router.get(
    "/me",
    response_model=UserShape,
    summary="Get oneself",
    **declared(SIGNED_IN, conditional=True),
)
async def get_me(
    request: Request, response: Response, actor: CurrentActor, get: Inject[GetUserHandler]
) -> UserView | Response:
    """The caller's own account, with the permissions that the roles grant."""
    user = await get(GetUser(user_id=actor.require_account()), actor)
    return answer(request, response, etag_of_user(user)) or user


@router.patch(
    "/me",
    response_model=UserShape,
    summary="Change oneself",
    **declared(IN_PERSON, UsernameTaken, VersionMismatch),
)
async def update_me(
    body: OwnChanges,
    response: Response,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    update: Inject[UpdateUserHandler],
) -> UserView:
    """Changes the fields that are present and leaves the others."""
    user = await update(body.command(actor.require_account(), expected_versions), actor)
    response.headers["ETag"] = etag_of_user(user)
    return user


@router.delete(
    "/me",
    status_code=204,
    summary="Delete oneself",
    **declared(IN_PERSON, WrongPassword, LastSuperuser, VersionMismatch),
)
async def delete_me(
    body: Confirmation,
    expected_versions: ExpectedVersions,
    actor: CurrentActor,
    delete: Inject[DeleteOwnAccountHandler],
) -> None:
    """After the password is repeated; every session ends. Signing in again takes it back, until the
    account is purged after some days."""
    await delete(
        DeleteOwnAccount(password=Password(body.password), expected_versions=expected_versions),
        actor,
    )


@router.post(
    "/me/password",
    status_code=204,
    summary="Change one's password",
    **declared(IN_PERSON, WrongPassword),
)
async def change_password(
    body: PasswordChange, actor: CurrentActor, change: Inject[ChangePasswordHandler]
) -> None:
    """Every other session of the caller ends. API keys stay."""
    await change(
        ChangePassword(
            current_password=Password(body.current_password),
            new_password=Password(body.new_password),
        ),
        actor,
    )


@router.post(
    "/me/email",
    status_code=202,
    summary="Change one's address",
    **declared(IN_PERSON, WrongPassword),
)
async def request_email_change(
    body: EmailChange, actor: CurrentActor, request: Inject[RequestEmailChangeHandler]
) -> None:
    """Counts once the link that is mailed there is followed; the address so far is told. Whether
    the new one is another account's already is never told here."""
    await request(
        RequestEmailChange(new_email=body.new_email, password=Password(body.password)), actor
    )


class OwnDataShape(RootModel[dict[str, list[dict[str, object]]]]):
    """One list for each kind of thing that is stored about the caller."""


@router.get(
    "/me/export",
    response_model=OwnDataShape,
    summary="Take one's data along",
    **declared(IN_PERSON, compressed=True),
)
async def export_me(
    request: Request,
    actor: CurrentActor,
    export: Inject[ExportOwnDataHandler],
    transfers: Inject[Transfers],
) -> Response:
    """Everything that is stored about the caller, as of one moment; streamed, so it may be long.
    Secrets and their hashes are left out."""
    return await exported(request, transfers, as_json(export(actor)), media_type=JSON)
