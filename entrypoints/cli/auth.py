"""`tessera sessions`."""

from typing import Annotated
from uuid import UUID

import attrs
import typer

from application.auth.list_sessions import ListSessions, ListSessionsHandler
from application.auth.logout_all import LogoutAll, LogoutAllHandler
from application.auth.revoke_session import RevokeSession, RevokeSessionHandler
from application.auth.views import SessionView
from application.paging import Page, PageRequest
from domain.access import SYSTEM, SessionId, UserId
from entrypoints.bootstrap.services import Services
from entrypoints.cli.declaring import list_command, one_account
from entrypoints.cli.failures import Misused
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import show_json
from entrypoints.cli.session import user_named, with_services

app = typer.Typer(help="Who is signed in, and from where.", add_completion=False)

_COLUMNS = ("id", "created_at", "last_used_at", "ip", "user_agent")


@attrs.frozen(kw_only=True)
class _Shown(SessionView):
    current: bool = False
    """As the API has it; the command line is in no session."""


@list_command(app, _COLUMNS, one_account)
async def list_sessions(services: Services, user_id: UserId, page: PageRequest) -> Page[_Shown]:
    """List an account's live sessions; sorts by created_at and last_used_at."""
    sessions = await services[ListSessionsHandler](ListSessions(user_id=user_id, page=page), SYSTEM)
    shown = [_Shown(**attrs.asdict(session)) for session in sessions.items]
    return Page(items=shown, total=sessions.total, next_cursor=sessions.next_cursor)


@app.command("revoke")
def revoke_session(
    session_id: Annotated[
        UUID | None, typer.Argument(metavar="SESSION_ID", show_default=False)
    ] = None,
    all_of: Annotated[
        str | None,
        typer.Option("--all", metavar="USER", help="Every session of this account."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """End a session, or all of an account's; whoever is in it has to sign in again."""
    if (session_id is None) is (all_of is None):
        raise Misused("name a session, or an account with --all")

    async def work(services: Services) -> int:
        if all_of is not None:
            found = await user_named(services, all_of)
            return await services[LogoutAllHandler](LogoutAll(user_id=found.id), SYSTEM)
        if session_id is not None:
            command = RevokeSession(session_id=SessionId(session_id))
            await services[RevokeSessionHandler](command, SYSTEM)
        return 1

    revoked = with_services(work)
    if as_json:
        show_json({"revoked": revoked})
    else:
        print(f"revoked {revoked}")
