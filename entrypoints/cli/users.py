"""`tessera users`."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

import typer

from application.auth.reset_totp import ResetTotp, ResetTotpHandler
from application.changes import UNSET
from application.paging import Page, PageRequest
from application.rows import ImportResult, ReportBadRow, Rows
from application.users.assign_roles import AssignRoles, AssignRolesHandler
from application.users.delete_user import DeleteUser, DeleteUserHandler
from application.users.export_users import ExportUsers, ExportUsersHandler
from application.users.find_user import FindUser, FindUserHandler
from application.users.import_users import FIELDS, ImportUsers, ImportUsersHandler
from application.users.list_users import ListUsers, ListUsersHandler
from application.users.listing import UserFilter
from application.users.purge_accounts import PurgeAccountsHandler
from application.users.register_user import RegisterUser, RegisterUserHandler
from application.users.restore_user import RestoreUser, RestoreUserHandler
from application.users.send_password_reset import SendPasswordReset, SendPasswordResetHandler
from application.users.set_password import SetPassword, SetPasswordHandler
from application.users.update_user import UpdateUser, UpdateUserHandler
from application.users.views import UserView
from application.users.vouch_for_email import VouchForEmail, VouchForEmailHandler
from domain.access import SYSTEM, RoleName
from domain.users import UserNotFound
from entrypoints.bootstrap.services import Services
from entrypoints.cli.declaring import list_command
from entrypoints.cli.failures import Misused
from entrypoints.cli.options import (
    AsJson,
    PasswordStdin,
    UserName,
    Yes,
)
from entrypoints.cli.output import show_done, show_json, show_resource
from entrypoints.cli.prompts import confirm, read_password
from entrypoints.cli.session import user_named, with_services
from entrypoints.cli.transfers import export_command, import_command
from entrypoints.rows import Fields

app = typer.Typer(help="Accounts: create, show, change, import, export.", add_completion=False)

_COLUMNS = ("id", "email", "username", "roles", "is_active", "is_superuser", "created_at")

Email = Annotated[str, typer.Argument(metavar="EMAIL", show_default=False)]
NewUsername = Annotated[
    str | None, typer.Option("--username", help="Made from the email where absent.")
]
FullName = Annotated[str | None, typer.Option(help="What the person is called.")]
Query = Annotated[str | None, typer.Option("--q", help="Part of email, username or full name.")]
IsActive = Annotated[bool | None, typer.Option("--active/--inactive", help="Only these.")]
RoleHeld = Annotated[str | None, typer.Option("--role", help="Only who holds it.")]


@app.command("create")
def create_user(
    email: Email,
    username: NewUsername = None,
    full_name: FullName = None,
    role: Annotated[
        list[str] | None, typer.Option(help="May come several times; by default member.")
    ] = None,
    inactive: Annotated[bool, typer.Option("--inactive", help="May not sign in yet.")] = False,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Create an account."""
    command = RegisterUser(
        email=email,
        password=read_password(from_stdin=password_stdin),
        username=username,
        full_name=full_name,
        is_active=False if inactive else UNSET,
        roles=UNSET if role is None else [RoleName(name) for name in role],
    )
    show_resource(with_services(partial(_register, command=command)), as_json=as_json)


@app.command("create-superuser")
def create_superuser(
    email: Email,
    username: NewUsername = None,
    full_name: FullName = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Create an account that may do everything."""
    command = RegisterUser(
        email=email,
        password=read_password(from_stdin=password_stdin),
        username=username,
        full_name=full_name,
        is_superuser=True,
        email_verified=True,
    )
    show_resource(with_services(partial(_register, command=command)), as_json=as_json)


async def _register(services: Services, command: RegisterUser) -> UserView:
    return await services[RegisterUserHandler](command, SYSTEM)


async def _chosen(
    _: Services, q: Query = None, is_active: IsActive = None, role: RoleHeld = None
) -> UserFilter:
    return UserFilter(q=q, is_active=is_active, role=None if role is None else RoleName(role))


@list_command(app, _COLUMNS, _chosen)
async def list_users(services: Services, chosen: UserFilter, page: PageRequest) -> Page[UserView]:
    """List accounts; sorts by created_at, updated_at, email and username."""
    return await services[ListUsersHandler](ListUsers(chosen=chosen, page=page), SYSTEM)


@app.command("show")
def show_user(user: UserName, as_json: AsJson = False) -> None:
    """Show an account."""
    show_resource(with_services(partial(user_named, name=user)), as_json=as_json)


@app.command("activate")
def activate_user(user: UserName, as_json: AsJson = False) -> None:
    """Let an account sign in again."""
    show_resource(with_services(partial(_activate, name=user, is_active=True)), as_json=as_json)


@app.command("deactivate")
def deactivate_user(user: UserName, as_json: AsJson = False) -> None:
    """Keep an account from signing in, and end its sessions."""
    show_resource(with_services(partial(_activate, name=user, is_active=False)), as_json=as_json)


async def _activate(services: Services, name: str, *, is_active: bool) -> UserView:
    user = await user_named(services, name)
    command = UpdateUser(user_id=user.id, is_active=is_active)
    return await services[UpdateUserHandler](command, SYSTEM)


@app.command("set-password")
def set_password(
    user: UserName, password_stdin: PasswordStdin = False, as_json: AsJson = False
) -> None:
    """Give an account a new password, and end its sessions."""
    password = read_password(from_stdin=password_stdin)

    async def work(services: Services) -> UserView:
        found = await user_named(services, user)
        await services[SetPasswordHandler](SetPassword(user_id=found.id, password=password), SYSTEM)
        return await user_named(services, str(found.id))

    show_done("set the password of", with_services(work), "email", as_json=as_json)


@app.command("send-reset")
def send_reset(user: UserName, as_json: AsJson = False) -> None:
    """Mail an account the link to a new password, or to its first one."""

    async def work(services: Services) -> UserView:
        found = await user_named(services, user)
        await services[SendPasswordResetHandler](SendPasswordReset(user_id=found.id), SYSTEM)
        return found

    show_done("mailed a link to", with_services(work), "email", as_json=as_json)


@app.command("verify-email")
def verify_email(user: UserName, as_json: AsJson = False) -> None:
    """Take an account's address for verified, without a mail."""

    async def work(services: Services) -> UserView:
        found = await user_named(services, user)
        await services[VouchForEmailHandler](VouchForEmail(user_id=found.id), SYSTEM)
        return await user_named(services, str(found.id))

    show_resource(with_services(work), as_json=as_json)


@app.command("reset-totp")
def reset_totp(user: UserName, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take the authenticator app off an account whose owner has lost it; they are told by mail."""
    confirm(f"Let {user} sign in with the password alone?", yes=yes)

    async def work(services: Services) -> UserView:
        found = await user_named(services, user)
        await services[ResetTotpHandler](ResetTotp(user_id=found.id), SYSTEM)
        return found

    show_done("took the authenticator app off", with_services(work), "email", as_json=as_json)


@app.command("set-roles")
def set_roles(
    user: UserName,
    roles: Annotated[list[str] | None, typer.Argument(metavar="ROLE", show_default=False)] = None,
    none: Annotated[bool, typer.Option("--none", help="Take all roles away.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give an account these roles in place of those it has."""
    if (roles is None) is not none:
        raise Misused("name the roles, or say --none")

    async def work(services: Services) -> UserView:
        found = await user_named(services, user)
        command = AssignRoles(user_id=found.id, roles=[RoleName(name) for name in roles or ()])
        return await services[AssignRolesHandler](command, SYSTEM)

    show_resource(with_services(work), as_json=as_json)


@app.command("delete")
def delete_user(user: UserName, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete an account, so that it can be restored; its sessions end."""
    confirm(f"Delete the user {user}?", yes=yes)

    async def work(services: Services) -> UserView:
        found = await user_named(services, user)
        await services[DeleteUserHandler](DeleteUser(user_id=found.id), SYSTEM)
        return found

    show_done("deleted", with_services(work), "email", as_json=as_json)


@app.command("restore")
def restore_user(user: UserName, as_json: AsJson = False) -> None:
    """Bring a deleted account back; one that is not deleted stays as it is."""

    async def work(services: Services) -> UserView:
        try:
            found = await services[FindUserHandler](FindUser(name=user, deleted=True), SYSTEM)
        except UserNotFound:
            found = await user_named(services, user)
        return await services[RestoreUserHandler](RestoreUser(user_id=found.id), SYSTEM)

    show_resource(with_services(work), as_json=as_json)


@app.command("purge")
def purge_users(yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove for good the accounts that were deleted long enough ago; a schedule does so by
    itself."""
    confirm("Remove the accounts whose grace is over, with all that is theirs?", yes=yes)

    async def work(services: Services) -> int:
        return await services[PurgeAccountsHandler](SYSTEM)

    purged = with_services(work)
    if as_json:
        show_json({"purged": purged})
    else:
        print(f"purged {purged}")


@import_command(app, Fields.of(UserView, known=FIELDS, required="email"))
async def import_users(services: Services, rows: Rows, report: ReportBadRow) -> ImportResult:
    """Import accounts: all of them, or none where any row is bad.

    A row has email, and perhaps username, full_name, is_active, roles (separated by spaces, or a
    JSON list) and password_hash (bcrypt). What else an export has is passed over: nobody becomes
    a superuser or verified by an import.
    """
    return await services[ImportUsersHandler](ImportUsers(rows=rows, report=report), SYSTEM)


@export_command(app, UserView, _chosen)
async def export_users(services: Services, chosen: UserFilter) -> AsyncIterator[UserView]:
    """Export accounts, oldest first, to standard output or a file; never their passwords."""
    return services[ExportUsersHandler](ExportUsers(chosen=chosen), SYSTEM)
